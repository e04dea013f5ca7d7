/** A camera's frames on their way: source → ring → shared workers → encoder and outputs. */
import { nowMs } from "../frame/clock.ts";
import { type FrameTiming, frameTiming, HEADER } from "../frame/timing.ts";
import { encodeFrame } from "../ffmpeg/images.ts";
import { classShares } from "../report/class_shares.ts";
import { SECTION } from "../ring/sections.ts";
import type { Broadcast } from "../sink/broadcast.ts";
import type { LiveSource } from "../source/live.ts";
import { assemble, type Assembly, drawOptions, type FilmingContext } from "./assembly.ts";
import { LiveFrames } from "./frames.ts";
import { Governor } from "./governor.ts";
import { HeldPicture } from "./held_picture.ts";

/**
 * The part of a camera's life in which the size of its frames is known.
 *
 * Every frame that is read is written or counted as dropped. No queue grows: the ring is all there
 * is, and what does not fit is dropped by the source's policy.
 */
export class Filming {
  readonly broadcast: Broadcast;
  readonly #parts: Assembly;
  readonly #frames: LiveFrames;
  readonly #held: HeldPicture;
  readonly #governor: Governor | undefined;

  private constructor(parts: Assembly) {
    const { ring, networks, source, context } = parts;
    this.broadcast = parts.broadcast;
    this.#parts = parts;
    const { frameRate } = source.info;
    this.#frames = new LiveFrames(ring, 1000 * frameRate.denominator / frameRate.numerator);
    this.#held = new HeldPicture(source.info);
    const { target } = context.options;
    const levels = networks.map(({ inputSize }) => inputSize);
    if (target) this.#governor = new Governor({ levels, target });
  }

  /**
   * Joins the stages; frames are taken in from now on.
   *
   * @throws {OutputError} If an output cannot be written.
   * @throws {ModelError | ProviderError} If the network cannot be run.
   * @throws The reason of `kill`, if that aborts meanwhile.
   */
  static async start(source: LiveSource, context: FilmingContext): Promise<Filming> {
    return new Filming(await assemble(source, context));
  }

  /** What a status needs to know of it. */
  get status() {
    const { source, ring, networks, attached } = this.#parts;
    const { inputSize, precision } = networks[attached.level]!;
    return {
      size: source.info.size,
      modelSize: inputSize,
      precision: precision ?? "fp32",
      framesIn: source.counts.framesIn,
      dropped: this.#dropped(),
      encodersReplaced: this.broadcast.encodersReplaced,
      slots: ring.slots,
      slotsInUse: ring.slotsInUse,
    };
  }

  /**
   * Shows every frame until the source ends; then the outputs are closed. When `kill` aborts, that
   * is at once: what a recording has by then stays under its partial name.
   *
   * @returns Where the recordings are.
   */
  async show(): Promise<readonly string[]> {
    const { kill } = this.#parts.context;
    kill.addEventListener("abort", this.#abort);
    if (kill.aborted) this.#abort();
    try {
      await this.#showAll();
      const { paths } = await this.broadcast.close();
      await this.#parts.filled;
      return paths;
    } finally {
      kill.removeEventListener("abort", this.#abort);
    }
  }

  /** Draws as the view says now, from the next frames on. */
  redraw(): void {
    const { attached } = this.#parts;
    void attached.draw(drawOptions(this.#parts)).catch(() => {}); // the view was checked
  }

  /** The newest frame as it was shown, as a PNG file. */
  async snapshot(): Promise<Uint8Array | undefined> {
    const slot = this.#frames.newest;
    if (slot === undefined) return undefined;
    const { ring, source, context } = this.#parts;
    const pixels = ring.section(slot, SECTION.pixels).slice(); // the ring goes on meanwhile
    return await encodeFrame(context.studio.ffmpeg, { ...source.info, pixels });
  }

  /** Frees everything; what was not shown is lost. */
  async [Symbol.asyncDispose](): Promise<void> {
    const { ring, attached, context } = this.#parts;
    ring.close();
    const detached = attached.detach();
    // A thread that hangs in the runtime would hold up a kill: the end of the pool cuts it off.
    if (!context.kill.aborted) await detached;
    await this.broadcast.abort();
  }

  readonly #abort = (): void => {
    this.#parts.ring.close();
    void this.broadcast.abort();
  };

  async #showAll(): Promise<void> {
    for (;;) {
      const frame = await this.#frames.next();
      if (frame.kind === "end") break;
      if (frame.kind === "held") await this.#hold(frame.slot);
      else await this.#write(frame.slot);
    }
    this.#frames.release();
  }

  async #write(slot: number): Promise<void> {
    const { ring, gauges, losses, source, context } = this.#parts;
    const header = ring.header(slot);
    header[HEADER.sinking] = nowMs();
    await this.broadcast.write(header[HEADER.ptsUs]!, ring.section(slot, SECTION.pixels));
    header[HEADER.written] = nowMs();
    // What a dying encoder took with it was counted as out: as many are not, so that the sum is right.
    if (this.broadcast.framesLost - losses.ofHeld > losses.inEncoder) {
      losses.inEncoder++;
      return;
    }
    const timing = frameTiming(header);
    gauges.add(header[HEADER.ready]!, header[HEADER.written]!);
    const labels = ring.section(slot, SECTION.labels);
    context.onFrame(timing, classShares(labels, source.info.size, context.studio.classes.length));
    this.#govern(timing);
  }

  /** Shows the last frame again, with why, while nothing is on its way. */
  async #hold(slot: number | undefined): Promise<void> {
    const { ring, source, context, losses } = this.#parts;
    const { epochMs } = source;
    const isOnItsWay = (["ready", "busy", "done"] as const).some((each) => ring.slotsIn(each) > 0);
    if (slot === undefined || epochMs === undefined || isOnItsWay) return;
    const sinceMs = ring.header(slot)[HEADER.written]!;
    const seconds = Math.round((nowMs() - sinceMs) / 1000);
    const what = source.state === "live" ? "no frames for" : "reconnecting,";
    const pixels = this.#held.draw(ring.section(slot, SECTION.pixels), `${what} ${seconds} s`);
    const lostBefore = this.broadcast.framesLost;
    await this.broadcast.write((nowMs() - epochMs) * 1000, pixels);
    const lost = this.broadcast.framesLost - lostBefore;
    losses.ofHeld += lost;
    if (lost === 0) context.onHeld();
  }

  #govern(timing: FrameTiming): void {
    const { source, attached, networks, context } = this.#parts;
    const governor = this.#governor;
    const level = governor?.observe({
      ...timing,
      atMs: nowMs(),
      arrived: source.counts.framesIn,
      dropped: Object.values(this.#dropped()).reduce((sum, count) => sum + count, 0),
      workers: context.studio.pool.size / context.studio.pool.streams,
    });
    if (level === undefined || level === attached.level) return;
    const [from, to] = [networks[attached.level]!.inputSize, networks[level]!.inputSize];
    attached.level = level;
    context.onEvent({ kind: "stepped", from, to, reason: governor!.reason });
  }

  #dropped(): Readonly<Record<string, number>> {
    const { source, losses } = this.#parts;
    return {
      ...source.counts.dropped,
      ...(losses.inWorkers > 0 && { "worker failed": losses.inWorkers }),
      ...(losses.inEncoder > 0 && { "encoder replaced": losses.inEncoder }),
    };
  }
}
