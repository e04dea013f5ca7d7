/** What works here, and how to mend what does not. */
import { examineFfmpeg } from "./ffmpeg.ts";
import type { Finding } from "./finding.ts";
import { examineInference } from "./inference.ts";
import { examineLive } from "./live.ts";
import { examineModel } from "./model.ts";
import { examinePermissions } from "./permissions.ts";
import { examineSystem } from "./system.ts";

/** What to look at instead of the defaults. */
export interface ExamineOptions {
  /** SEGSTREAM_FFMPEG, then the bundled one by default. */
  readonly ffmpeg?: string;
  /** Name of a model that comes with segstream, or a .safetensors file. */
  readonly model?: string;
}

/** Everything that was found. */
export interface Diagnosis {
  /** Whether a video can be segmented here: no finding is a problem. */
  readonly canSegment: boolean;
  /** By area, in the order they are printed. */
  readonly findings: readonly Finding[];
}

/**
 * Tries everything that segmenting a video needs and everything that makes it faster: it starts
 * ffmpeg, ffprobe and each execution provider, and takes a few seconds. It rejects for nothing that
 * is wrong with the machine; that is in the findings.
 *
 * @example
 * ```ts
 * import { examine } from "@segstream/segstream";
 *
 * const { canSegment, findings } = await examine();
 * for (const { name, status, mend } of findings) console.log(name, status, mend);
 * ```
 */
export async function examine(options: ExamineOptions = {}): Promise<Diagnosis> {
  const ffmpeg = await examineFfmpeg(options);
  const { findings: modelFindings, model } = await examineModel(options.model);
  const findings = [
    ...examineSystem(),
    ...await examinePermissions(ffmpeg.programs),
    ...ffmpeg.findings,
    ...modelFindings,
    ...await examineInference(model),
    ...await examineLive(),
  ];
  return { canSegment: findings.every(({ status }) => status !== "problem"), findings };
}
