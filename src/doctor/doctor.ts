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

/** What `examine()` of the library does; it is documented there. */
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
