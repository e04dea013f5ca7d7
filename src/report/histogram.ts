/** What a {@link Histogram} tells about the durations it took, in their unit. */
export interface Summary {
  /** How many values there are; with none, every figure is 0. */
  readonly count: number;
  /** Arithmetic mean, exact. */
  readonly mean: number;
  /** The median, within 0.5%. */
  readonly p50: number;
  /** 95% of the values are not larger, within 0.5%. */
  readonly p95: number;
  /** 99% of the values are not larger, within 0.5%. */
  readonly p99: number;
  /** The largest value, exact. */
  readonly max: number;
}

/** Relative error of a percentile. */
const ACCURACY = 0.005;
/** Ratio of a bucket's upper bound to its lower one. */
const RATIO = (1 + ACCURACY) / (1 - ACCURACY);
const LOG_RATIO = Math.log(RATIO);
/** Values up to this count as zero: a microsecond, where values are milliseconds. */
const SMALLEST = 1e-3;
/** Values from this on share the last bucket: eleven days, where values are milliseconds. */
const LARGEST = 1e9;
const BUCKETS = Math.ceil(Math.log(LARGEST / SMALLEST) / LOG_RATIO) + 1;

/**
 * Percentiles of any number of durations in constant memory, whatever the length of the video.
 *
 * Buckets are spaced by a constant ratio, so that a percentile is within 0.5% of the sample it
 * stands for (the mapping of DDSketch, Masson et al. 2019, §2.1: bucket i holds γ^(i−1) < x ≤ γ^i
 * and is read as 2γ^i/(γ+1), γ = (1+α)/(1−α)). Count, mean, least and largest value are exact.
 *
 * Memory: 11 KiB; add() allocates nothing.
 */
export class Histogram {
  readonly #buckets = new Uint32Array(BUCKETS);
  #count = 0;
  #sum = 0;
  #min = Infinity;
  #max = -Infinity;

  /** How many values were added. */
  get count(): number {
    return this.#count;
  }

  /** Arithmetic mean, or 0 of nothing. */
  get mean(): number {
    return this.#count === 0 ? 0 : this.#sum / this.#count;
  }

  /** The largest value, or 0 of nothing. */
  get max(): number {
    return this.#count === 0 ? 0 : this.#max;
  }

  /**
   * Counts a value.
   *
   * @throws {RangeError} If the value is negative or not finite.
   */
  add(value: number): void {
    if (!(value >= 0 && value < Infinity)) {
      throw new RangeError(`Cannot count ${value}: a duration is finite and not negative.`);
    }
    this.#buckets[bucketOf(value)]! += 1;
    this.#count += 1;
    this.#sum += value;
    this.#min = Math.min(this.#min, value);
    this.#max = Math.max(this.#max, value);
  }

  /**
   * The smallest value that at least `fraction` of all values do not exceed (nearest rank), within
   * 0.5%; 0 of nothing.
   *
   * @throws {RangeError} If the fraction is not within 0–1.
   */
  percentile(fraction: number): number {
    if (!(fraction >= 0 && fraction <= 1)) {
      throw new RangeError(`Cannot take percentile ${fraction}: give a fraction of 0 to 1.`);
    }
    if (this.#count === 0) return 0;
    const rank = Math.max(1, Math.ceil(fraction * this.#count));
    let seen = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      seen += this.#buckets[bucket]!;
      if (seen >= rank) return Math.min(this.#max, Math.max(this.#min, valueOf(bucket)));
    }
    return this.#max;
  }

  /** Adds all values of another histogram, as if each had been added here. */
  merge(other: Histogram): void {
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      this.#buckets[bucket]! += other.#buckets[bucket]!;
    }
    this.#count += other.#count;
    this.#sum += other.#sum;
    this.#min = Math.min(this.#min, other.#min);
    this.#max = Math.max(this.#max, other.#max);
  }

  /** The figures that the reports show. */
  summary(): Summary {
    return {
      count: this.count,
      mean: this.mean,
      p50: this.percentile(0.5),
      p95: this.percentile(0.95),
      p99: this.percentile(0.99),
      max: this.max,
    };
  }
}

function bucketOf(value: number): number {
  if (value <= SMALLEST) return 0;
  return Math.min(BUCKETS - 1, Math.ceil(Math.log(value / SMALLEST) / LOG_RATIO));
}

function valueOf(bucket: number): number {
  return bucket === 0 ? 0 : SMALLEST * 2 * RATIO ** bucket / (RATIO + 1);
}
