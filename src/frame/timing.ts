/**
 * The timing record of a frame: one stamp for each stage it leaves, kept in its ring slot, and the
 * durations that the reports show.
 *
 * ```
 *  reading ──decode── ready ──wait── taken ──prepare── prepared ──infer── inferred
 *     ──label── labelled ──blend── blended ──(order)── sinking ──encode── written
 * ```
 */

/** Where each number of a slot's header lies (float64 each). Stamps are `nowMs()`; 0 is unset. */
export const HEADER = {
  /** Frame number in the stream, from 0. */
  index: 0,
  /** Presentation time in microseconds from the first frame. */
  ptsUs: 1,
  /** Which worker ran the frame. */
  worker: 2,
  /** The source has a slot and begins to wait for the frame's first byte. */
  reading: 3,
  /** The last byte of the frame is in the slot. */
  ready: 4,
  /** A worker took the slot. */
  taken: 5,
  /** The model's input is filled. */
  prepared: 6,
  /** The logits are there. */
  inferred: 7,
  /** The class map is filled. */
  labelled: 8,
  /** The overlay is blended in. */
  blended: 9,
  /** The sink began with the frame, in frame order. */
  sinking: 10,
  /** The sink has handed the frame on. */
  written: 11,
  /** Whether the class map is an earlier frame's: one of {@link REUSED}. */
  reused: 12,
} as const;

/** Numbers in a slot's header. */
export const HEADER_FIELDS = 13;

/** Why a frame has the class map of an earlier one. */
export const REUSED = {
  /** It has its own. */
  no: 0,
  /** The network runs on one frame of each group only. */
  every: 1,
  /** Its picture is the earlier one's but for noise. */
  still: 2,
} as const;

/** What one frame cost, in milliseconds of wall time. Field names are those of the stats files. */
export interface FrameTiming {
  /** Frame number in the stream, from 0. */
  readonly index: number;
  /** Presentation time in microseconds from the first frame. */
  readonly ptsUs: number;
  /** Which worker ran the frame, from 0. */
  readonly worker: number;
  /** Waiting for the decoder and reading the frame into its slot. */
  readonly decodeMs: number;
  /** Ready, until a worker took it. */
  readonly waitMs: number;
  /** Resize and colour: slot to model input. */
  readonly prepareMs: number;
  /** The network. */
  readonly inferMs: number;
  /** Logits to the class map at the source's resolution. */
  readonly labelMs: number;
  /** Tinting the frame, legend and HUD included. */
  readonly blendMs: number;
  /** Done, until the frames before it were written. */
  readonly orderMs: number;
  /** Handing the frame to the encoder and the other outputs, back-pressure included. */
  readonly encodeMs: number;
  /** From ready to written. */
  readonly latencyMs: number;
  /**
   * 0: the network ran on this frame; otherwise it has an earlier frame's class map, because the
   * network runs on one frame of each group only (1), or because nothing moved (2).
   */
  readonly reused: number;
}

/** The stages of a frame in the order it meets them, as named in the reports. */
export const STAGES = [
  "decode",
  "wait",
  "prepare",
  "infer",
  "label",
  "blend",
  "order",
  "encode",
] as const;

/** One of {@link STAGES}. */
export type Stage = typeof STAGES[number];

/** Durations from the stamps of a slot's header. */
export function frameTiming(header: ArrayLike<number>): FrameTiming {
  const span = (from: number, to: number) => Math.max(0, header[to]! - header[from]!);
  return {
    index: header[HEADER.index]!,
    ptsUs: header[HEADER.ptsUs]!,
    worker: header[HEADER.worker]!,
    decodeMs: span(HEADER.reading, HEADER.ready),
    waitMs: span(HEADER.ready, HEADER.taken),
    prepareMs: span(HEADER.taken, HEADER.prepared),
    inferMs: span(HEADER.prepared, HEADER.inferred),
    labelMs: span(HEADER.inferred, HEADER.labelled),
    blendMs: span(HEADER.labelled, HEADER.blended),
    orderMs: span(HEADER.blended, HEADER.sinking),
    encodeMs: span(HEADER.sinking, HEADER.written),
    latencyMs: span(HEADER.ready, HEADER.written),
    reused: header[HEADER.reused]!,
  };
}
