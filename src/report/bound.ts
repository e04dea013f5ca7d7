import type { CpuCost } from "./cpu_cost.ts";

/**
 * The share of the steady run (first written frame to last) that each side of the ring was at work,
 * 0–1. What bounds a run is at work nearly always: before it the ring is full, behind it the ring is
 * empty, and the other sides wait.
 */
export interface BusyShares {
  /** The source waited for the decoder; the rest of the time it waited for a free slot. */
  readonly decode: number;
  /** The workers were at a frame; the rest of the time none was ready. */
  readonly workers: number;
  /** The sink was handing a frame to the encoder; the rest of the time it waited for the next. */
  readonly encode: number;
}

/** One of the three sides of the ring. */
export type Side = keyof BusyShares;

/** What {@link findBound} goes by. */
export interface BoundEvidence {
  /** How busy each side was. */
  readonly busy: BusyShares;
  /** What a frame cost. */
  readonly cpuMs: CpuCost;
  /** Frames written. */
  readonly frames: number;
  /** Where frames come from: an encoded file, a live camera, or drawn here. */
  readonly source: "file" | "live" | "drawn";
  /** Where they go: to an encoder, or to the caller of the library. */
  readonly output: "encoder" | "caller";
  /** The execution provider, such as "cpu". */
  readonly provider: string;
  /** How many workers there are. */
  readonly workers: number;
  /** Logical cores of the machine. */
  readonly cores: number;
  /** Share of all cores' time that the run used, 0–1, where it was measured. */
  readonly load: number | undefined;
  /** Longer side of the model's input in pixels. */
  readonly modelSide: number;
}

/** Which side bounds a run, and what to do about it. */
export interface Bound {
  /** Undefined when no side is at work most of the time. */
  readonly side: Side | undefined;
  /** The finding and the mend, for a person. */
  readonly sentence: string;
}

/** From this share of the time on a side bounds the run. */
const BUSY = 0.8;
/** From this load on there is no idle core worth a worker. */
const LOADED = 0.85;
/** Fewer frames than this say more about the start than about the run. */
const FEW_FRAMES = 30;

/**
 * Finds the side of the ring that bounds the run: the busiest. When several are busy nearly always,
 * they compete for the same cores, and the one whose frames cost most CPU time bounds.
 */
export function findBound(evidence: BoundEvidence): Bound {
  const { busy } = evidence;
  const sides = (["workers", "encode", "decode"] as const)
    .toSorted((a, b) => busy[b] - busy[a]);
  const busiest = sides[0]!;
  if (busy[busiest] < BUSY) return { side: undefined, sentence: unbound(evidence, busiest) };
  const cost = sideCost(evidence.cpuMs);
  const side = sides.filter((each) => busy[each] >= BUSY).toSorted((a, b) => cost[b] - cost[a])[0]!;
  const sentence = { workers: workerBound, encode: encodeBound, decode: decodeBound }[side];
  return { side, sentence: sentence(evidence) };
}

function sideCost(cpuMs: CpuCost): Record<Side, number> {
  return {
    decode: cpuMs.decode ?? 0,
    workers: cpuMs.prepare + cpuMs.infer + cpuMs.label + cpuMs.blend,
    encode: cpuMs.encode ?? 0,
  };
}

function unbound({ busy, frames }: BoundEvidence, busiest: Side): string {
  const name = { workers: "the workers", encode: "the encoder", decode: "the decoder" }[busiest];
  const least = `No stage bounds the run: the busiest, ${name}, works ${
    percent(busy[busiest])
  } of the time`;
  return frames < FEW_FRAMES
    ? `${least}; too few frames (${frames}) to tell.`
    : `${least}; other programs may have used the machine.`;
}

function workerBound(evidence: BoundEvidence): string {
  const { workers, cores, provider, modelSide, cpuMs, load } = evidence;
  const busy = percent(evidence.busy.workers);
  const team = workers === 1 ? "the one worker is" : `the ${workers} workers are`;
  const largest = Math.max(cpuMs.prepare, cpuMs.label, cpuMs.blend);
  if (provider === "cpu" && largest > cpuMs.infer) {
    const stage = (["prepare", "label", "blend"] as const).find((each) => cpuMs[each] === largest)!;
    return `The workers bound the run: ${team} busy ${busy} of the time, most of it in ` +
      `"${stage}"; more cores or a smaller source raise the fps.`;
  }
  const found = `Inference bounds the run: ${team} busy ${busy} of the time`;
  if (provider === "cpu" && workers < cores && (load ?? 1) < LOADED) {
    return `${found} while cores are idle; --workers ${cores} raises the fps.`;
  }
  const smaller = modelSide > 1024
    ? "--resolution half"
    : modelSide > 512
    ? "--resolution quarter"
    : undefined;
  const hardware = provider === "cpu" ? "more cores or a GPU" : "a faster device";
  return `${found}; ${smaller === undefined ? "" : `${smaller}, `}${hardware} ` +
    `${smaller === undefined && provider !== "cpu" ? "raises" : "raise"} the fps.`;
}

function encodeBound({ busy, output }: BoundEvidence): string {
  const share = percent(busy.encode);
  return output === "caller"
    ? `The caller bounds the run: it works on frames ${share} of the time.`
    : `The encoder bounds the run: it takes ${share} of the time; --preset ultrafast, a newer ` +
      `ffmpeg (--ffmpeg) or a hardware --encoder raise the fps.`;
}

function decodeBound({ busy, source }: BoundEvidence): string {
  const share = percent(busy.decode);
  switch (source) {
    case "live":
      return `The camera sets the pace: ${share} of the time segstream waits for its next frame.`;
    case "drawn":
      return `Drawing the street bounds the run: it takes ${share} of the time; a smaller size ` +
        `raises the fps.`;
    case "file":
      return `The decoder bounds the run: segstream waits for it ${share} of the time; a newer ` +
        `ffmpeg (--ffmpeg) or a smaller source raise the fps.`;
  }
}

function percent(share: number): string {
  return `${Math.round(share * 100)}%`;
}
