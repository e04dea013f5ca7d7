/** The rows of the network alone: segstream's heads and the naive graph, at every resolution. */
import type { Provider } from "../infer/providers.ts";
import type { BenchResolution, BenchRow } from "../report/bench_report.ts";
import {
  type BenchHead,
  type Contestant,
  entrantOf,
  int8Contestant,
  naiveContestant,
  sampleFrame,
  segstreamContestant,
} from "./contestant.ts";
import type { BenchContext } from "./context.ts";
import { Crew } from "./crew.ts";
import { describeAdapter } from "./environment.ts";
import type { HeadShares } from "./goals.ts";
import { type Entry, measureEntries } from "./network_bench.ts";
import { countWorkers, slackOf } from "./rows.ts";
import { measurement, median } from "./statistics.ts";

/** What was measured. */
export interface NetworkRows {
  readonly rows: readonly BenchRow[];
  readonly headShares: HeadShares;
}

/** A GPU works on one frame at a time; a second worker prepares the next meanwhile. */
const ACCELERATOR_WORKERS = 2;

/** Measures the network alone, on every provider of the plan, and whether they agree. */
export async function benchNetworks(context: BenchContext): Promise<NetworkRows> {
  const entries: Entry[] = [];
  for (const { resolution } of context.resolutions) {
    entries.push(...await entriesAt(resolution, context));
  }
  const crew = new Crew(Math.max(...entries.map(({ workers }) => workers)), context.signal);
  try {
    const results = await measureEntries(entries, { ...context, crew });
    const shareIn = (name: string) => {
      const shares = results.find(({ row }) => row.id === `network/${name}/cpu/1/full`)?.headShares;
      return shares && median(shares.map(({ value }) => value));
    };
    const agreements = await measureAgreements(entries, crew, context);
    return {
      rows: [...results.map(({ row }) => row), ...agreements],
      headShares: { fp32: shareIn("cls"), int8: shareIn("cls-int8") },
    };
  } finally {
    await crew.close();
  }
}

async function entriesAt(resolution: BenchResolution, context: BenchContext): Promise<Entry[]> {
  const { model, providers, precision } = context;
  const { size } = resolution;
  const pixels = sampleFrame(size);
  const float = { suffix: "", contestant: segstreamContestant(model, size, pixels) };
  const small = await int8Contestant(model, size, { pixels, precision });
  const integer = small && { suffix: "-int8", contestant: small };
  const entries: Entry[] = [];
  for (const provider of providers.measured) {
    const isFloatOnly = provider !== "cpu" || integer === undefined;
    const product = isFloatOnly ? float : integer;
    const compared = isFloatOnly ? [float] : precision === "int8" ? [integer] : [float, integer];
    // The probability costs the same whatever the network's arithmetic: the product's will do.
    const rows = [
      ...compared.map((each) => ({ ...each, head: "cls" as const })),
      { ...product, head: "prob" as const },
    ];
    for (const { suffix, contestant, head } of rows) {
      for (const workers of workerCounts(provider, context)) {
        const options = { resolution, provider, head, workers };
        entries.push(entry(head + suffix, contestant, options, context));
      }
    }
  }
  const naive = naiveContestant(model, size, pixels);
  const one = { resolution, provider: "cpu", head: "cls", workers: 1 } as const;
  return [...entries, entry("naive", naive, one, context)];
}

/** One worker, and as many as use the whole machine; a software adapter takes every core itself. */
function workerCounts(provider: Provider, { workers, providers }: BenchContext): number[] {
  if (provider === "cpu") return workers > 1 ? [1, workers] : [1];
  return providers.adapter?.isSoftware ? [1] : [1, ACCELERATOR_WORKERS];
}

function entry(
  name: string,
  contestant: Contestant,
  options: {
    resolution: BenchResolution;
    provider: Provider;
    head: BenchHead;
    workers: number;
  },
  { protocol, providers }: BenchContext,
): Entry {
  const { resolution, provider, head, workers } = options;
  const team = contestant.kind === "graph" ? "1 thread" : countWorkers(workers);
  const place = provider === "cpu" ? "" : ` on ${provider}`;
  const { adapter } = providers;
  return {
    row: {
      id: `network/${name}/${provider}/${workers}/${resolution.name}`,
      part: "network",
      series: `${name.replace("-", " ")}${place}, ${team}`,
      resolution,
      metric: "forward pass",
      unit: "fps",
      better: "higher",
      slack: slackOf("network", protocol),
      ...(provider === "cpu" && workers > 1 && { usesAllCores: true }),
      ...(provider !== "cpu" && adapter && { adapter: describeAdapter(adapter) }),
    },
    entrant: entrantOf(contestant, provider, resolution),
    head,
    workers,
  };
}

/** On how many pixels of a frame each accelerator labels as the CPU does, at the first resolution. */
async function measureAgreements(
  entries: readonly Entry[],
  crew: Crew,
  { providers, resolutions, beganMs, onPhase }: BenchContext,
): Promise<BenchRow[]> {
  const first = entries.find(({ entrant }) => entrant.contestant.kind === "segstream");
  const { resolution } = resolutions[0] ?? {};
  const others = providers.measured.filter((provider) => provider !== "cpu");
  if (first === undefined || resolution === undefined || others.length === 0) return [];
  onPhase("comparing the providers' labels");
  const labelsOn = async (provider: Provider) => {
    const entrant = entrantOf(first.entrant.contestant, provider, resolution);
    await crew.load(entrant, 1);
    const labels = await crew.labels(entrant.key);
    await crew.unload(entrant.key);
    return labels;
  };
  const expected = await labelsOn("cpu");
  const rows: BenchRow[] = [];
  for (const provider of others) {
    const labels = await labelsOn(provider);
    const same = labels.reduce((count, label, at) => count + (label === expected[at] ? 1 : 0), 0);
    const sample = { atMs: performance.now() - beganMs, value: 100 * same / labels.length };
    rows.push({
      id: `agreement/${provider}/${resolution.name}`,
      part: "other",
      series: `labels of ${provider} that are the CPU's`,
      resolution,
      metric: "agreement",
      unit: "%",
      better: "higher",
      slack: 0.001,
      ...(providers.adapter && { adapter: describeAdapter(providers.adapter) }),
      ...measurement([sample]),
    });
  }
  return rows;
}
