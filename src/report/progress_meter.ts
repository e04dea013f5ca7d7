import { FrameRate } from "./frame_rate.ts";

/** How far a run is: the figures behind every progress display. */
export class ProgressMeter {
  readonly #nowMs: () => number;
  readonly #rate = new FrameRate();
  readonly #unit: string;
  #total: number | undefined;
  #frames = 0;
  #dropped = 0;

  /**
   * Begins at no frames.
   *
   * @param total Frames there will be, or undefined where nobody knows.
   * @param nowMs The clock in milliseconds.
   * @param unit What is counted, in the plural.
   */
  constructor(total: number | undefined, nowMs: () => number, unit: string = "frames") {
    this.#total = total;
    this.#unit = unit;
    this.#nowMs = nowMs;
  }

  /** Frames written so far. */
  get frames(): number {
    return this.#frames;
  }

  /** Takes the frames written and dropped so far. */
  update(frames: number, dropped: number): void {
    this.#frames = frames;
    this.#dropped = dropped;
    this.#rate.update(frames, this.#nowMs());
  }

  /** The run is complete: whatever the estimate was, these were all frames. */
  complete(): void {
    if (this.#total !== undefined) this.#total = this.#frames;
  }

  /** The share that is done, 0–1; undefined when the total is unknown or has proved too small. */
  get share(): number | undefined {
    const total = this.#total;
    if (total === undefined || total <= 0 || this.#frames > total) return undefined;
    return this.#frames / total;
  }

  /** The figures as words, from frames to drops; what is unknown or nothing is left out. */
  describe(): string[] {
    const total = this.share === undefined ? undefined : this.#total;
    const fps = this.#rate.fps(this.#frames, this.#nowMs());
    const parts = [`${this.#frames}${total === undefined ? "" : `/${total}`} ${this.#unit}`];
    if (fps !== undefined) {
      parts.push(`${fps.toFixed(1)}${this.#unit === "frames" ? " fps" : "/s"}`);
    }
    if (fps !== undefined && total !== undefined && this.#frames < total) {
      parts.push(`ETA ${clock((total - this.#frames) / fps)}`);
    }
    if (this.#dropped > 0) parts.push(`${this.#dropped} dropped`);
    return parts;
  }
}

/** "0:06", "12:34", "1:02:03". */
function clock(seconds: number): string {
  const whole = Math.ceil(seconds);
  const twoDigits = (value: number) => String(value).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  const tail = twoDigits(whole % 60);
  return hours > 0 ? `${hours}:${twoDigits(minutes)}:${tail}` : `${minutes}:${tail}`;
}
