/** Where a benchmark runs: everything that a figure may hang on. */
import { cpus, totalmem } from "node:os";
import type { Adapter } from "../infer/adapter.ts";
import { onnxRuntimeVersion } from "../infer/runtime_version.ts";
import type { FfmpegBinary } from "../ffmpeg/binary.ts";
import type { Provider } from "../infer/providers.ts";
import type { Model } from "../model/model.ts";
import type { BenchEnvironment } from "../report/bench_report.ts";

/** What is known of the run. */
export interface EnvironmentFacts {
  readonly ffmpeg: FfmpegBinary;
  readonly model: Model;
  /** What the clips show, without credentials and folders. */
  readonly input: string;
  readonly provider: Provider;
  /** The GPU, where one is used. */
  readonly adapter: Adapter | undefined;
  /** Version of this program. */
  readonly segstream: string;
}

/** Describes the machine and the programs; what may not be read is left unknown. */
export async function describeEnvironment(facts: EnvironmentFacts): Promise<BenchEnvironment> {
  const { ffmpeg, model, input, provider, adapter, segstream } = facts;
  const loadAverage = attempt(() => Deno.loadavg()[0]);
  return {
    cpu: readCpuName() ?? "unknown",
    cores: navigator.hardwareConcurrency,
    memoryBytes: attempt(totalmem),
    platform: `${Deno.build.os} ${Deno.build.arch}`,
    deno: Deno.version.deno,
    onnxRuntime: onnxRuntimeVersion(),
    ffmpeg: ffmpeg.version,
    segstream,
    model: model.name,
    modelSha256: await sha256(model.path),
    input,
    provider,
    ...(adapter === undefined ? {} : { adapter: describeAdapter(adapter) }),
    ...(loadAverage === undefined ? {} : { loadAverage }),
  };
}

/** The processor's own name; undefined where it may not be read. */
export function readCpuName(): string | undefined {
  return attempt(() => cpus()[0]?.model.replaceAll(/\s+/g, " ").trim()) || undefined;
}

/** A GPU's name, marked where it is a program on the CPU. */
export function describeAdapter({ description, isSoftware }: Adapter): string {
  return isSoftware ? `${description} (software adapter)` : description;
}

async function sha256(path: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", await Deno.readFile(path));
  return new Uint8Array(digest).toHex();
}

/** Undefined where the permission is missing. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
