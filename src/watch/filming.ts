/** A camera's frames on their way: source → ring → shared workers → encoder and outputs. */
import { nowMs } from "../frame/clock.ts";
import type { OnStreamEvent } from "../frame/stream_event.ts";
import { type FrameTiming, frameTiming, HEADER, HEADER_FIELDS } from "../frame/timing.ts";
import { encodeFrame } from "../ffmpeg/images.ts";
import { Gauges } from "../infer/gauges.ts";
import type { AttachedStream } from "../infer/pool.ts";
import type { Network } from "../model/network.ts";
import type { Resolution } from "../model/resolution.ts";
import type { DrawOptions } from "../overlay/overlay.ts";
import { classShares } from "../report/class_shares.ts";
import { FrameRing } from "../ring/ring.ts";
import { SECTION, sectionBytes } from "../ring/sections.ts";
import { Broadcast, type BroadcastTarget } from "../sink/broadcast.ts";
import type { LiveSource } from "../source/live.ts";
import type { LiveDrawing, LiveLook } from "./drawing.ts";
import { LiveFrames } from "./frames.ts";
import { Governor, type GovernorTarget } from "./governor.ts";
import { HeldPicture } from "./held_picture.ts";
import { networksOf } from "./networks.ts";
import type { Studio } from "./studio.ts";

/** What is done with a camera's frames. */
export interface FilmingOptions {
  readonly look?: LiveLook;
  /** The largest the network runs at; `half` by default. */
  readonly resolution?: Resolution;
  /** Runs the network on every n-th frame and reuses the class map between. */
  readonly every?: number;
  /** Reuses the class map while the picture stands still. */
  readonly skipStill?: boolean;
  /** Steps the network's size so that this is met. */
  readonly target?: GovernorTarget;
  /** Where the picture goes beside the page. */
  readonly targets?: readonly BroadcastTarget[];
  /** How it is encoded. */
  readonly encode?: { readonly encoder?: string; readonly crf?: number; readonly preset?: string };
  /** For tests: the network takes so many times as long. */
  readonly slowdown?: number;
}

/** What a filming belongs to. */
export interface FilmingContext {
  readonly options: FilmingOptions;
  readonly studio: Studio;
  readonly drawing: LiveDrawing;
  /** Ends the source: what is in flight is still written. */
  readonly signal: AbortSignal;
  readonly onEvent: OnStreamEvent;
  /** A frame went out. */
  readonly onFrame: (timing: FrameTiming, shares: readonly number[]) => void;
  /** The last frame was shown again. */
  readonly onHeld: () => void;
}

/** Beside a slot for each worker: being filled, waiting, being written, and held meanwhile. */
const SLOTS_BESIDE_WORKERS = 4;

/** A camera that is away has at most these: the one that is held and the one to be filled. */
const IDLE_SLOTS = 2;

/** What {@link Filming} is made of. */
interface Parts {
  readonly source: LiveSource;
  readonly context: FilmingContext;
  readonly ring: FrameRing;
  /** Resolves when the source is done. */
  readonly filled: Promise<void>;
  readonly networks: readonly Network[];
  readonly attached: AttachedStream;
  readonly gauges: Gauges;
  /** Frames that came off the ring's way. */
  readonly losses: { inWorkers: number; inEncoder: number };
  readonly broadcast: Broadcast;
}

/**
 * The part of a camera's life in which the size of its frames is known.
 *
 * Every frame that is read is written or counted as dropped. No queue grows: the ring is all there
 * is, and what does not fit is dropped by the source's policy.
 */
export class Filming {
  readonly broadcast: Broadcast;
  readonly #parts: Parts;
  readonly #frames: LiveFrames;
  readonly #held: HeldPicture;
  readonly #governor: Governor | undefined;

  private constructor(parts: Parts) {
    const { ring, networks, source, context } = parts;
    this.broadcast = parts.broadcast;
    this.#parts = parts;
    this.#frames = new LiveFrames(ring);
    this.#held = new HeldPicture(source.info);
    const { target } = context.options;
    const levels = networks.map(({ inputSize }) => inputSize);
    if (target) this.#governor = new Governor({ levels, target });
  }

  /**
   * Fills the ring from now on, opens the outputs and readies the workers.
   *
   * @throws {OutputError} If an output cannot be written.
   * @throws {ModelError | ProviderError} If the network cannot be run.
   */
  static async start(source: LiveSource, context: FilmingContext): Promise<Filming> {
    const { options, studio, signal, onEvent } = context;
    const { info } = source;
    const { pool } = studio;
    const ring = FrameRing.allocate({
      slots: pool.size + SLOTS_BESIDE_WORKERS,
      headerFields: HEADER_FIELDS,
      sectionBytes: sectionBytes({ size: info.size }),
    }, pool.bell);
    // While the network loads, the ring keeps the newest frames; none waits in the camera's socket.
    const filled = source.run(ring, signal).finally(() => ring.end());
    filled.catch(() => {}); // seen by show()
    const undo: (() => Promise<void>)[] = [() => Promise.resolve(ring.close())];
    try {
      const broadcast = await Broadcast.open(
        { ...info, ...options.encode, binary: studio.ffmpeg, onEvent },
        options.targets ?? [],
      );
      undo.push(() => broadcast.abort());
      const networks = await networksOf({
        ...studio,
        source: info.size,
        colour: info.colour,
        resolution: options.resolution ?? "half",
        isGoverned: options.target !== undefined,
      });
      const gauges = new Gauges();
      const losses = { inWorkers: 0, inEncoder: 0 };
      const attached = attach({ source, context, ring, networks, gauges, losses });
      undo.push(() => attached.detach());
      await attached.ready;
      return new Filming({
        ...{ source, context, ring, filled, networks, attached, gauges, losses, broadcast },
      });
    } catch (error) {
      for (const step of undo) await step();
      throw error;
    }
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
   * Shows every frame until the source ends; then the outputs are closed.
   *
   * @returns Where the recordings are.
   * @throws {InputError} If the camera was given up.
   */
  async show(): Promise<readonly string[]> {
    for (;;) {
      const frame = await this.#frames.next();
      if (frame.kind === "end") break;
      if (frame.kind === "held") await this.#hold(frame.slot);
      else await this.#write(frame.slot);
    }
    this.#frames.release();
    const { paths } = await this.broadcast.close();
    await this.#parts.filled;
    return paths;
  }

  /** Draws as the view says now, from the next frames on. */
  redraw(): void {
    const { attached, context } = this.#parts;
    void attached.draw(drawOptions(this.#parts, context)).catch(() => {}); // the view was checked
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
    const { ring, attached } = this.#parts;
    ring.close();
    await attached.detach();
    await this.broadcast.abort();
  }

  async #write(slot: number): Promise<void> {
    const { ring, gauges, losses, source, context } = this.#parts;
    const header = ring.header(slot);
    header[HEADER.sinking] = nowMs();
    const lostBefore = this.broadcast.framesLost;
    await this.broadcast.write(header[HEADER.ptsUs]!, ring.section(slot, SECTION.pixels));
    header[HEADER.written] = nowMs();
    if (this.broadcast.framesLost > lostBefore) {
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
    const { ring, source, context } = this.#parts;
    const { epochMs } = source;
    if (slot === undefined || epochMs === undefined || ring.slotsInUse > IDLE_SLOTS) return;
    const sinceMs = ring.header(slot)[HEADER.written]!;
    const seconds = Math.round((nowMs() - sinceMs) / 1000);
    const what = source.state === "live" ? "no frames for" : "reconnecting,";
    const pixels = this.#held.draw(ring.section(slot, SECTION.pixels), `${what} ${seconds} s`);
    await this.broadcast.write((nowMs() - epochMs) * 1000, pixels);
    context.onHeld();
  }

  #govern(timing: FrameTiming): void {
    const { source, attached, networks, context } = this.#parts;
    const governor = this.#governor;
    const level = governor?.observe({
      ...timing,
      atMs: nowMs(),
      arrived: source.counts.framesIn,
      dropped: Object.values(this.#dropped()).reduce((sum, count) => sum + count, 0),
      workers: context.studio.pool.size,
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

type Unattached = Omit<Parts, "attached" | "broadcast" | "filled">;

function attach(parts: Unattached): AttachedStream {
  const { source, context, ring, networks, gauges, losses } = parts;
  const { studio, options } = context;
  const { size, colour } = source.info;
  const { every, skipStill, slowdown } = options;
  return studio.pool.attach({
    ...{ ring, networks, gauges: gauges.buffer },
    segmenter: { source: size, colour, provider: studio.provider, threads: 1 },
    overlay: drawOptions(parts, context),
    ...(every !== undefined && { every }),
    ...(skipStill !== undefined && { skipStill }),
    ...(slowdown !== undefined && { slowdown }),
    onFrameLost: () => losses.inWorkers++,
  });
}

function drawOptions(
  { source, networks }: Pick<Parts, "source" | "networks">,
  { drawing, studio }: FilmingContext,
): DrawOptions {
  const { size, colour } = source.info;
  const modelSize = networks[0]!.inputSize; // the workers know which level runs
  return drawing.options({ size, colour, provider: studio.provider, modelSize });
}
