import { type Adapter, findAdapter, whyNoGpu } from "../infer/adapter.ts";
import { tryProvider } from "../infer/choose.ts";
import { acceleratorsOf, type Provider } from "../infer/providers.ts";
import { onnxRuntimeVersion } from "../infer/runtime_version.ts";
import { buildNetwork, type Model } from "../model/model.ts";
import type { Finding } from "./finding.ts";

/** A software adapter compiles its shaders for several seconds. */
const PATIENCE_MS = 60_000;

/** Small enough for a software adapter to run within a second. */
const SIZE = { width: 128, height: 64 };

/** Starts every provider of this platform with a small network. */
export async function examineInference(model: Model | undefined): Promise<Finding[]> {
  const findings: Finding[] = [{
    area: "inference",
    name: "ONNX Runtime",
    status: "ok",
    state: onnxRuntimeVersion(),
  }];
  if (model === undefined) return findings;
  const adapter = await findAdapter();
  for (const provider of ["cpu", ...acceleratorsOf()] as const) {
    findings.push(await examineProvider(provider, model, adapter));
  }
  return findings;
}

async function examineProvider(
  provider: Provider,
  model: Model,
  adapter: Adapter | undefined,
): Promise<Finding> {
  const finding = { area: "inference", name: provider } as const;
  const obstacle = provider === "webgpu" ? await whyNoGpu() : undefined;
  if (obstacle !== undefined) {
    const mend = Deno.build.os === "linux"
      ? "For a GPU install libvulkan1 and its driver (mesa-vulkan-drivers for Intel and AMD)."
      : "For a GPU update the graphics driver.";
    return { ...finding, status: "absent", state: `not started: ${obstacle}`, mend };
  }
  const colour = { matrix: "bt709", range: "limited" } as const;
  const network = buildNetwork(model, { size: SIZE, input: "i420", colour });
  const { fps, reason } = await tryProvider(network, {
    ...{ provider, source: SIZE, colour, threads: 1 },
  }, { timeoutMs: PATIENCE_MS });
  if (fps === undefined) {
    const status = provider === "cpu" ? "problem" : "absent";
    return { ...finding, status, ...explain(reason ?? "it does not say why") };
  }
  if (provider === "cpu") return { ...finding, status: "ok", state: "starts" };
  const place = adapter === undefined ? "" : ` on ${adapter.description}`;
  if (adapter?.isSoftware !== true) return { ...finding, status: "ok", state: `starts${place}` };
  return {
    ...finding,
    status: "warning",
    state: `starts${place}, a program on the CPU and slower than cpu`,
    mend: "--provider auto does not take it. For a real GPU install its Vulkan driver.",
  };
}

/** The message of a ProviderError without its first words and the library's own, in brackets. */
const MESSAGE = /^Cannot start provider "\w+": (.+?)(?: \(.*\))?\. ((?:It needs|Use|Update) .+)$/s;

function explain(reason: string): Pick<Finding, "state" | "mend"> {
  const [, state, mend] = MESSAGE.exec(reason) ?? [];
  return state === undefined || mend === undefined
    ? { state: `does not start: ${reason}` }
    : { state: `does not start: ${state}`, mend };
}
