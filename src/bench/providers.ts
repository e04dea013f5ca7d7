/** Which providers a benchmark measures, and on which its end-to-end runs go. */
import { STREET_COLOUR } from "../source/street/paint.ts";
import { type Adapter, findAdapter, whyNoGpu } from "../infer/adapter.ts";
import { chooseProvider, tryProvider } from "../infer/choose.ts";
import { acceleratorsOf, type Provider, type ProviderChoice } from "../infer/providers.ts";
import { buildNetwork, type Model } from "../model/model.ts";
import { defaultWorkers } from "../pipeline.ts";

/** What to measure: a provider, the fastest (`auto`), or every one that starts here (`all`). */
export type BenchProviders = ProviderChoice | "all";

/** What was decided. */
export interface ProviderPlan {
  /** Whose networks are timed, in the order of their rows. */
  readonly measured: readonly Provider[];
  /** What the end-to-end runs use. */
  readonly chosen: Provider;
  /** The GPU, where a provider beside the CPU is measured. */
  readonly adapter: Adapter | undefined;
  /** Why others are not measured; one line each. */
  readonly notes: readonly string[];
}

/** A software adapter compiles its shaders for several seconds. */
const PATIENCE_MS = 60_000;

/** Runs even on a software adapter within a second. */
const TRIAL_SIZE = { width: 128, height: 64 };

/** The size at which `auto` compares. */
const CHOICE_SIZE = { width: 1024, height: 512 };

/** Finds out what starts here; a provider that was named is taken at its word. */
export async function planProviders(choice: BenchProviders, model: Model): Promise<ProviderPlan> {
  const notes: string[] = [];
  const started = choice === "all" ? await listStarting(model, notes) : [];
  const chosen = await choose(choice, model, started);
  const measured = choice === "all" ? started : [chosen];
  const adapter = measured.some((provider) => provider !== "cpu") ? await findAdapter() : undefined;
  return { measured, chosen, adapter, notes };
}

async function listStarting(model: Model, notes: string[]): Promise<Provider[]> {
  const started: Provider[] = [];
  for (const provider of acceleratorsOf()) {
    const obstacle = provider === "webgpu" ? await whyNoGpu() : undefined;
    if (obstacle !== undefined) {
      notes.push(`${provider} is left out: ${obstacle}`);
      continue;
    }
    const { fps, reason } = await tryProvider(trialNetwork(model, TRIAL_SIZE), {
      ...{ provider, source: TRIAL_SIZE, colour: STREET_COLOUR, threads: 1 },
    }, { timeoutMs: PATIENCE_MS });
    if (fps !== undefined) started.push(provider);
    else notes.push(`${provider} is left out: ${reason}`);
  }
  return ["cpu", ...started];
}

async function choose(
  choice: BenchProviders,
  model: Model,
  started: readonly Provider[],
): Promise<Provider> {
  if (choice === "all" && started.length === 1) return "cpu";
  const wanted = choice === "all" ? "auto" : choice;
  const { provider } = await chooseProvider(wanted, trialNetwork(model, CHOICE_SIZE), {
    segmenter: { source: CHOICE_SIZE, colour: STREET_COLOUR, threads: 1 },
    workers: defaultWorkers(),
  });
  return provider;
}

function trialNetwork(model: Model, size: typeof TRIAL_SIZE) {
  return buildNetwork(model, { size, input: "i420", colour: STREET_COLOUR });
}
