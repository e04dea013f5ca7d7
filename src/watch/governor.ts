/** The size the network runs at, so that a live stream keeps a frame rate or a latency. */
import type { Size } from "../frame/geometry.ts";
import { type Load, LoadWindow, type Observation } from "./load_window.ts";

/** What is to be kept; with both, both are. */
export interface GovernorTarget {
  /** Frames a second that go out, or all that the camera sends where those are fewer. */
  readonly fps?: number;
  /** Milliseconds from ready to written, for 95% of the frames; and no frame dropped. */
  readonly latencyMs?: number;
}

/** What a {@link Governor} decides between, and for. */
export interface GovernorOptions {
  /** Sizes of the network's input, the largest first, where it starts. */
  readonly levels: readonly Size[];
  /** Why it decides. */
  readonly target: GovernorTarget;
}

/** So much less than the target still meets it: short windows do not divide frames evenly. */
const TOLERANCE = 0.05;
/** Missed for so long, it steps down. */
const PATIENCE_MS = 1600;
/** What a larger level must leave free, of the workers and of the latency, to be stepped up to. */
const HEADROOM_UP = 0.25;
/** The same for a smaller one: it is needed now, and one more step may follow. */
const HEADROOM_DOWN = 0.1;
/** A larger level must look possible for so long before it is tried. */
const HOLD_MS = 6000;
/** The same after it was tried in vain; doubles each time. */
const HOLD_AFTER_FAILURE_MS = 20_000;
const LONGEST_HOLD_MS = 160_000;
/** A step up that has to be undone within this time has failed. */
const TRIAL_MS = 20_000;
/** A level that was kept for so long has not. */
const PROVEN_MS = 60_000;
/** Beside their latency, what frames of the level before may still take to be seen. */
const SETTLE_MS = 400;
/** How long a measured ratio of two levels' costs goes before that of their pixels. */
const LEARNED_MS = 300_000;
/** A measured ratio is believed up to so many times that of the pixels. */
const LARGEST_EXCESS = 1.5;

interface Level {
  readonly pixels: number;
  /** Steps up to it that failed since it was last proven. */
  failures: number;
  /** What the network costs here, as a multiple of what it does at the next smaller level. */
  learned?: { readonly ratio: number; readonly atMs: number };
}

/**
 * Decides the size of the network from what frames cost, frame by frame. Pure: it knows no clock and
 * no threads beside what it is told.
 *
 * - It steps down when the target was missed for 1.6 s, to the largest level that fits by the cost
 *   measured here and the pixels there. A hiccup of some tenths of a second changes nothing.
 * - It steps up by one level when that would leave a quarter of the workers free, and has looked so
 *   for 6 s without a miss. What two levels really cost beside each other is measured at each step,
 *   and for five minutes goes before the ratio of their pixels.
 * - A step up that has to be undone within 20 s is repeated after 20 s at the earliest, then after
 *   40, and up to 160: under a constant load it does not flap.
 */
export class Governor {
  readonly #levels: readonly Level[];
  readonly #target: GovernorTarget;
  #level = 0;
  #reason = "";
  #window = new LoadWindow();
  /** Frames until then are not looked at: they may be of the level before. */
  #settledMs = -Infinity;
  /** How long the target was missed, less half of the time that it was met. */
  #missedMs = 0;
  /** Since when the target is met and the next larger level looks possible. */
  #readySinceMs: number | undefined;
  #lastStep: {
    readonly atMs: number;
    readonly from: number;
    /** Of the network, before the step; undefined once it was compared with that after. */
    networkMs: number | undefined;
  } | undefined;

  /**
   * Starts at the first level.
   *
   * @throws {RangeError} If there is no level, or no target above 0.
   */
  constructor({ levels, target }: GovernorOptions) {
    const bounds = [target.fps, target.latencyMs].filter((bound) => bound !== undefined);
    if (levels.length === 0) throw new RangeError("Cannot govern: name the sizes to choose from.");
    if (bounds.length === 0 || !bounds.every((bound) => bound > 0 && bound < Infinity)) {
      throw new RangeError("Cannot govern: name frames a second or milliseconds, above 0.");
    }
    this.#levels = levels.map(({ width, height }) => ({ pixels: width * height, failures: 0 }));
    this.#target = target;
  }

  /** The level that is decided for; 0 is the largest. */
  get level(): number {
    return this.#level;
  }

  /** Why the last step was taken, as the part of a sentence; "" before the first. */
  get reason(): string {
    return this.#reason;
  }

  /** Takes a frame that was written; gives the level to run from now on, if it is another. */
  observe(observation: Observation): number | undefined {
    const { atMs } = observation;
    if (atMs < this.#settledMs) return undefined;
    const load = this.#window.add(observation);
    if (load === undefined) return undefined;
    this.#learn(load, atMs);
    const miss = this.#missOf(load);
    return miss === undefined ? this.#met(load, atMs) : this.#missed(load, atMs, miss);
  }

  #missed(load: Load, atMs: number, miss: string): number | undefined {
    this.#readySinceMs = undefined;
    this.#missedMs = Math.min(PATIENCE_MS, this.#missedMs + load.newMs);
    const smallest = this.#levels.length - 1;
    if (this.#missedMs < PATIENCE_MS || this.#level === smallest) return undefined;
    const { atMs: steppedMs, from } = this.#lastStep ?? { atMs: -Infinity, from: 0 };
    if (from > this.#level && atMs - steppedMs < TRIAL_MS) this.#levels[this.#level]!.failures++;
    let to = this.#level + 1;
    while (to < smallest && !this.#fitsDown(load, to, atMs)) to++;
    return this.#step(to, load, atMs, miss);
  }

  #met(load: Load, atMs: number): number | undefined {
    this.#missedMs = Math.max(0, this.#missedMs - load.newMs / 2);
    if (atMs - (this.#lastStep?.atMs ?? atMs) > PROVEN_MS) this.#levels[this.#level]!.failures = 0;
    const to = this.#level - 1;
    if (to < 0 || !this.#fitsUp(load, to, atMs)) {
      this.#readySinceMs = undefined;
      return undefined;
    }
    this.#readySinceMs ??= atMs;
    if (atMs - this.#readySinceMs < holdMs(this.#levels[to]!.failures)) return undefined;
    const share = percent(this.#use(load, this.#scale(to, atMs)));
    return this.#step(to, load, atMs, `it is expected to take ${share} of the workers`);
  }

  #step(to: number, load: Load, atMs: number, reason: string): number {
    this.#lastStep = { atMs, from: this.#level, networkMs: load.networkMs };
    this.#level = to;
    this.#reason = reason;
    this.#missedMs = 0;
    this.#readySinceMs = undefined;
    this.#settledMs = atMs + SETTLE_MS + load.latencyMs;
    this.#window = new LoadWindow();
    return to;
  }

  /** How the target is missed; undefined where it is met. */
  #missOf(load: Load): string | undefined {
    const { fps, latencyMs } = this.#target;
    const { arrivedFps, droppedShare } = load;
    const givenFps = arrivedFps * (1 - droppedShare);
    if (fps !== undefined && givenFps < fps * (1 - TOLERANCE)) {
      // Else the camera sends no more. Where nothing is dropped, busy workers hold it back.
      const isOurs = droppedShare > TOLERANCE || this.#use(load, 1) > 1 - TOLERANCE;
      if (isOurs) return `${givenFps.toFixed(1)} fps where ${fps} are wanted`;
    }
    if (latencyMs === undefined) return undefined;
    if (load.latencyMs > latencyMs) {
      return `a latency of ${Math.round(load.latencyMs)} ms where ${latencyMs} are wanted`;
    }
    return droppedShare > TOLERANCE ? `${percent(droppedShare)} of the frames dropped` : undefined;
  }

  #fitsUp(load: Load, level: number, atMs: number): boolean {
    const { latencyMs = Infinity } = this.#target;
    const scale = this.#scale(level, atMs);
    return this.#use(load, scale) <= 1 - HEADROOM_UP &&
      load.latencyMs + load.networkMs * (scale - 1) <= latencyMs * (1 - HEADROOM_UP);
  }

  /** Not by the latency as it is now, which is mostly waiting. */
  #fitsDown(load: Load, level: number, atMs: number): boolean {
    const { latencyMs = Infinity } = this.#target;
    const scale = this.#scale(level, atMs);
    return this.#use(load, scale) <= 1 - HEADROOM_DOWN &&
      load.networkMs * scale + load.otherMs <= latencyMs * (1 - HEADROOM_DOWN);
  }

  /** Part of the workers' time that is needed, if the network cost so many times what it does. */
  #use(load: Load, scale: number): number {
    const { fps = Infinity, latencyMs } = this.#target;
    const wantedFps = latencyMs === undefined ? Math.min(fps, load.arrivedFps) : load.arrivedFps;
    const frameMs = load.networkMs * load.networkShare * scale + load.otherMs;
    return wantedFps * frameMs / (1000 * load.workers);
  }

  /** The network's cost at a level, as a multiple of that at the present one. */
  #scale(level: number, atMs: number): number {
    let scale = 1;
    for (let at = level; at < this.#level; at++) scale *= this.#ratio(at, atMs);
    for (let at = this.#level; at < level; at++) scale /= this.#ratio(at, atMs);
    return scale;
  }

  /** The network's cost at a level, as a multiple of that at the next smaller one. */
  #ratio(level: number, atMs: number): number {
    const { learned } = this.#levels[level]!;
    const isKnown = learned !== undefined && atMs - learned.atMs < LEARNED_MS;
    return isKnown ? learned.ratio : this.#pixelRatio(level);
  }

  #pixelRatio(level: number): number {
    return this.#levels[level]!.pixels / this.#levels[level + 1]!.pixels;
  }

  /** Compares what the network costs now with what it did before the step, of one level. */
  #learn(load: Load, atMs: number): void {
    const step = this.#lastStep;
    if (step?.networkMs === undefined || load.networkShare === 0) return;
    const larger = Math.min(step.from, this.#level);
    if (Math.abs(step.from - this.#level) === 1 && step.networkMs > 0) {
      const [large, small] = larger === this.#level
        ? [load.networkMs, step.networkMs]
        : [step.networkMs, load.networkMs];
      const most = LARGEST_EXCESS * this.#pixelRatio(larger);
      const ratio = Math.min(most, Math.max(1, large / small));
      this.#levels[larger]!.learned = { ratio, atMs };
    }
    step.networkMs = undefined;
  }
}

function holdMs(failures: number): number {
  if (failures === 0) return HOLD_MS;
  return Math.min(LONGEST_HOLD_MS, HOLD_AFTER_FAILURE_MS * 2 ** (failures - 1));
}

function percent(share: number): string {
  return `${Math.round(100 * share)}%`;
}
