import { nowMs } from "../frame/clock.ts";
import { type FrameTiming, REUSED, type Stage, STAGES } from "../frame/timing.ts";
import { type BusyShares, findBound } from "./bound.ts";
import {
  type CpuCost,
  type CpuReading,
  readCpu,
  splitWorkerCpu,
  type WorkerTimes,
} from "./cpu_cost.ts";
import { Histogram, type Summary } from "./histogram.ts";
import type { RunEnd, RunFacts, RunReport } from "./run_report.ts";

/** The clocks and meters of the machine, for tests to replace. */
export interface Meters {
  /** Milliseconds on the time line of `nowMs()`. */
  readonly nowMs: () => number;
  /** CPU time so far; undefined where it cannot be read. */
  readonly readCpu: () => CpuReading | undefined;
  /** Resident set of this program. */
  readonly rssBytes: () => number;
}

const MACHINE: Meters = { nowMs, readCpu, rssBytes: () => Deno.memoryUsage().rss };
/** Reading the resident set costs about 10 µs: not for each frame. */
const RSS_INTERVAL_MS = 100;

/**
 * Collects the timing of a run, frame by frame, and tells where its time went. Lives on the main
 * thread; its memory is constant, whatever the length of the video.
 */
export class RunRecorder {
  readonly #facts: RunFacts;
  readonly #meters: Meters;
  readonly #stages = new Map(STAGES.map((stage) => [stage, new Histogram()]));
  readonly #latency = new Histogram();
  readonly #drops = new Map<string, number>();
  readonly #reused = { every: 0, still: 0 };
  #frames = 0;
  #first: { writtenMs: number; cpu: CpuReading | undefined } | undefined;
  #last: { writtenMs: number; cpu: CpuReading | undefined } | undefined;
  #firstFrameTiming: FrameTiming | undefined;
  #firstEncodedMs: number | undefined;
  #peakRssBytes = 0;
  #rssReadMs = -Infinity;

  /** Begins a recording; the meters default to the machine's. */
  constructor(facts: RunFacts, meters: Partial<Meters> = {}) {
    this.#facts = facts;
    this.#meters = { ...MACHINE, ...meters };
  }

  /** Frames recorded so far. */
  get frames(): number {
    return this.#frames;
  }

  /** Frames dropped so far, whatever the reason. */
  get dropped(): number {
    return this.#drops.values().reduce((sum, count) => sum + count, 0);
  }

  /**
   * Counts a frame that was written.
   *
   * @param writtenMs When, by `nowMs()`: the header's stamp where it is at hand.
   */
  record(timing: FrameTiming, writtenMs: number = this.#meters.nowMs()): void {
    for (const stage of STAGES) this.#stages.get(stage)!.add(timing[`${stage}Ms`]);
    this.#latency.add(timing.latencyMs);
    this.#frames += 1;
    if (timing.reused === REUSED.every) this.#reused.every += 1;
    if (timing.reused === REUSED.still) this.#reused.still += 1;
    this.#last = { writtenMs, cpu: this.#meters.readCpu() };
    this.#first ??= this.#last;
    this.#firstFrameTiming ??= timing;
    if (writtenMs - this.#rssReadMs >= RSS_INTERVAL_MS) this.#sampleRss(writtenMs);
  }

  /** Counts frames that were dropped, by reason, such as "ring full". */
  drop(reason: string, count = 1): void {
    this.#drops.set(reason, (this.#drops.get(reason) ?? 0) + count);
  }

  /** Tells when the encoder gave its first frame, where that is known; the first call counts. */
  firstFrameEncoded(atMs: number = this.#meters.nowMs()): void {
    this.#firstEncodedMs ??= atMs;
  }

  /** The report of the run so far; call it once everything is closed. */
  finish(end: RunEnd = {}): RunReport {
    const endedMs = this.#meters.nowMs();
    this.#sampleRss(endedMs);
    const facts = this.#facts;
    const seconds = (endedMs - facts.startedAtMs) / 1000;
    const fps = this.#steadyFps();
    const cpuMs = this.#cpuCost(end);
    const cpuBoundFps = this.#cpuBoundFps(cpuMs);
    const busy = this.#busyShares(fps);
    const bound = findBound({
      ...facts,
      busy,
      cpuMs,
      frames: this.#frames,
      load: cpuBoundFps === undefined ? undefined : fps / cpuBoundFps,
      modelSide: Math.max(facts.modelSize.width, facts.modelSize.height),
    });
    const firstMs = this.#firstEncodedMs ?? this.#first?.writtenMs;
    return {
      facts,
      frames: this.#frames,
      seconds,
      fps,
      fpsWithStartup: seconds > 0 ? this.#frames / seconds : 0,
      ...(firstMs === undefined ? {} : { firstFrameMs: firstMs - facts.startedAtMs }),
      stages: Object.fromEntries(
        STAGES.map((stage) => [stage, this.#stages.get(stage)!.summary()]),
      ) as Record<Stage, Summary>,
      latency: this.#latency.summary(),
      drops: Object.fromEntries(this.#drops),
      ...(this.#reused.every + this.#reused.still > 0 && { reused: { ...this.#reused } }),
      ...(end.replacedWorkers ? { replacedWorkers: end.replacedWorkers } : {}),
      peakRssBytes: this.#peakRssBytes,
      cpuMs,
      ...(cpuBoundFps === undefined ? {} : { cpuBoundFps, efficiency: fps / cpuBoundFps }),
      busy,
      ...(bound.side === undefined ? {} : { bound: bound.side }),
      boundBy: bound.sentence,
    };
  }

  #sampleRss(atMs: number): void {
    this.#rssReadMs = atMs;
    this.#peakRssBytes = Math.max(this.#peakRssBytes, this.#meters.rssBytes());
  }

  #steadyFps(): number {
    if (this.#first === undefined || this.#last === undefined) return 0;
    const spanMs = this.#last.writtenMs - this.#first.writtenMs;
    return spanMs > 0 ? (this.#frames - 1) * 1000 / spanMs : 0;
  }

  /** Mean wall milliseconds of a stage without the first frame, whose waits are the start-up's. */
  #steadyMean(stage: Stage): number {
    if (this.#frames < 2) return 0;
    const { mean, count } = this.#stages.get(stage)!;
    return (mean * count - this.#firstFrameTiming![`${stage}Ms`]) / (count - 1);
  }

  #busyShares(fps: number): BusyShares {
    const share = (wallMs: number) => Math.min(1, wallMs * fps / 1000);
    const work = this.#workerTimes();
    return {
      decode: share(this.#steadyMean("decode")),
      workers: share(
        (work.prepare + work.infer + work.label + work.blend) / this.#facts.workers,
      ),
      encode: share(this.#steadyMean("encode")),
    };
  }

  #workerTimes(): WorkerTimes {
    return {
      prepare: this.#steadyMean("prepare"),
      infer: this.#steadyMean("infer"),
      label: this.#steadyMean("label"),
      blend: this.#steadyMean("blend"),
    };
  }

  #cpuCost(end: RunEnd): CpuCost {
    const from = this.#first?.cpu;
    const to = this.#last?.cpu;
    const steady = this.#frames - 1;
    const measured = from !== undefined && to !== undefined && steady > 0;
    const mainMs = measured ? (to.mainThreadMs - from.mainThreadMs) / steady : undefined;
    const programMs = measured ? (to.programMs - from.programMs) / steady : undefined;
    const workersMs = measured ? Math.max(0, programMs! - mainMs!) : undefined;
    const decoded = this.#frames + this.dropped;
    const decodeMs = end.decodeCpuMs === undefined || decoded === 0
      ? undefined
      : end.decodeCpuMs / decoded;
    const drawnMs = end.isDrawn ? decodeMs ?? 0 : 0;
    return {
      ...(decodeMs === undefined ? {} : { decode: decodeMs }),
      ...splitWorkerCpu(this.#workerTimes(), workersMs, this.#facts),
      ...(end.encodeCpuMs === undefined || this.#frames === 0
        ? {}
        : { encode: end.encodeCpuMs / this.#frames }),
      ...(mainMs === undefined ? {} : { transfer: Math.max(0, mainMs - drawnMs) }),
    };
  }

  /** Unknown where a part of the cost is: wall times would promise less than the cores can do. */
  #cpuBoundFps(cpuMs: CpuCost): number | undefined {
    const { decode, encode, prepare, infer, label, blend } = cpuMs;
    const { output, cores } = this.#facts;
    if (cpuMs.transfer === undefined) return undefined;
    if (decode === undefined || (encode === undefined && output === "encoder")) return undefined;
    const totalMs = decode + prepare + infer + label + blend + (encode ?? 0);
    return totalMs > 0 ? cores * 1000 / totalMs : undefined;
  }
}
