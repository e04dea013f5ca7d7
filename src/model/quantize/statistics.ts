/** What each channel of an activation was seen to hold, over a set of images. */
export interface ChannelStatistics {
  /** [channels]: where all but the rarest values begin; not above 0. */
  readonly low: Float32Array;
  /** [channels]: where all but the rarest values end; not below 0. */
  readonly high: Float32Array;
  /** [channels] */
  readonly mean: Float32Array;
}

/** {@link ChannelStatistics} by the name of the activation's value. */
export type Statistics = ReadonlyMap<string, ChannelStatistics>;

const BINS = 512;

/** Collects the extremes of each channel: the first pass over the images. */
export class ChannelExtremes {
  readonly low: Float32Array;
  readonly high: Float32Array;

  /** Knows nothing yet but 0, which every range holds. */
  constructor(channels: number) {
    this.low = new Float32Array(channels);
    this.high = new Float32Array(channels);
  }

  /** Takes a value [1, channels, height, width]. */
  add(values: Float32Array): void {
    const { low, high } = this;
    const plane = values.length / low.length;
    for (let channel = 0; channel < low.length; channel++) {
      let least = low[channel]!;
      let most = high[channel]!;
      const end = (channel + 1) * plane;
      for (let i = channel * plane; i < end; i++) {
        const value = values[i]!;
        if (value < least) least = value;
        if (value > most) most = value;
      }
      low[channel] = least;
      high[channel] = most;
    }
  }
}

/** Counts each channel's values between its extremes: the second pass. */
export class ChannelHistograms {
  readonly #extremes: ChannelExtremes;
  readonly #counts: Uint32Array;
  readonly #sums: Float64Array;
  #perChannel = 0;

  /** Takes the extremes of the same values. */
  constructor(extremes: ChannelExtremes) {
    this.#extremes = extremes;
    this.#counts = new Uint32Array(extremes.low.length * BINS);
    this.#sums = new Float64Array(extremes.low.length);
  }

  /** Takes a value [1, channels, height, width]. */
  add(values: Float32Array): void {
    const { low, high } = this.#extremes;
    const counts = this.#counts;
    const plane = values.length / low.length;
    this.#perChannel += plane;
    for (let channel = 0; channel < low.length; channel++) {
      const least = low[channel]!;
      const factor = BINS / Math.max(high[channel]! - least, Number.MIN_VALUE);
      const start = channel * BINS;
      let sum = 0;
      const end = (channel + 1) * plane;
      for (let i = channel * plane; i < end; i++) {
        const value = values[i]!;
        sum += value;
        const bin = (value - least) * factor;
        counts[start + (bin < BINS ? bin | 0 : BINS - 1)]!++;
      }
      this.#sums[channel]! += sum;
    }
  }

  /** The statistics, with at most `rare` of a channel's values beyond each end of its range. */
  finish(rare: number): ChannelStatistics {
    const { low, high } = this.#extremes;
    const allowed = rare * this.#perChannel;
    const clipped = { low: low.slice(), high: high.slice(), mean: new Float32Array(low.length) };
    for (let channel = 0; channel < low.length; channel++) {
      const counts = this.#counts.subarray(channel * BINS, (channel + 1) * BINS);
      const step = (high[channel]! - low[channel]!) / BINS;
      let first = 0;
      let last = BINS;
      for (let seen = counts[0]!; seen <= allowed && first < BINS - 1; seen += counts[++first]!);
      for (let seen = counts[BINS - 1]!; seen <= allowed && last > 1; seen += counts[--last - 1]!);
      clipped.low[channel] = Math.min(0, low[channel]! + first * step);
      clipped.high[channel] = Math.max(0, low[channel]! + last * step);
      clipped.mean[channel] = this.#sums[channel]! / this.#perChannel;
    }
    return clipped;
  }
}
