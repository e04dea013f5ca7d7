import { HEADER } from "../frame/timing.ts";
import { TextFile } from "./text_file.ts";

/** One row of the picture; Perfetto sorts rows by tid. */
const TID = { decode: 1, wait: 100, worker: 200, order: 300, encode: 400 } as const;

/** The worker's stages: each ends where the next begins. */
const WORKER_STAGES = [
  ["prepare", HEADER.taken, HEADER.prepared],
  ["infer", HEADER.prepared, HEADER.inferred],
  ["label", HEADER.inferred, HEADER.labelled],
  ["blend", HEADER.labelled, HEADER.blended],
] as const;

/**
 * The run as a picture for Perfetto or chrome://tracing (`--trace`): a row for the decoder, for
 * each worker and for the encoder, and one for the frames that wait between them.
 *
 * Format: the JSON array form of Google's "Trace Event Format": complete events ("X") with `ts` and
 * `dur` in microseconds from the start, and "M" events that name the rows. The array form may end
 * without its bracket, so even the file of a killed run opens.
 *
 * Frames wait side by side, but events of one row must not overlap: a frame takes the first waiting
 * row that is free when it comes. Memory is constant; it writes to the path it is given and rejects
 * with OutputError when the disk does not take it.
 */
export class TraceFile {
  readonly #file: TextFile;
  readonly #startedAtMs: number;
  readonly #named = new Set<number>();
  readonly #waiting: number[] = [];
  readonly #ordering: number[] = [];
  #closing: Promise<void> | undefined;

  private constructor(file: TextFile, startedAtMs: number) {
    this.#file = file;
    this.#startedAtMs = startedAtMs;
  }

  /**
   * Creates the file, or empties the one that is there.
   *
   * @param options.startedAtMs The moment of `ts` 0, by `nowMs()`.
   */
  static async create(path: string, options: { startedAtMs: number }): Promise<TraceFile> {
    const file = await TextFile.create(path);
    const name = { name: "process_name", ph: "M", pid: 1, args: { name: "segstream" } };
    await file.append(`[\n${JSON.stringify(name)}`);
    return new TraceFile(file, options.startedAtMs);
  }

  /**
   * Adds a frame, from the stamps of its slot's header after it was written. Stamps that are unset
   * leave their stages out. Await it: then memory stays bounded however slow the disk is.
   */
  write(header: ArrayLike<number>): Promise<void> {
    const events: string[] = [];
    const frame = header[HEADER.index]!;
    const add = (name: string, tid: number, row: string, from: number, to: number) => {
      if (header[from]! === 0 || header[to]! <= header[from]!) return;
      const beginNs = this.#nanoseconds(header[from]!);
      const endNs = this.#nanoseconds(header[to]!);
      this.#nameRow(tid, row, events);
      events.push(JSON.stringify({
        name,
        ph: "X",
        pid: 1,
        tid,
        ts: beginNs / 1000,
        dur: (endNs - beginNs) / 1000,
        args: { frame, ptsUs: header[HEADER.ptsUs]! },
      }));
    };
    const worker = header[HEADER.worker]!;
    add("decode", TID.decode, "decode", HEADER.reading, HEADER.ready);
    const wait = freeLane(this.#waiting, header[HEADER.ready]!, header[HEADER.taken]!);
    add("wait", TID.wait + wait, rowName("wait", wait), HEADER.ready, HEADER.taken);
    for (const [name, from, to] of WORKER_STAGES) {
      add(name, TID.worker + worker, `worker ${worker}`, from, to);
    }
    const order = freeLane(this.#ordering, header[HEADER.blended]!, header[HEADER.sinking]!);
    add("order", TID.order + order, rowName("order", order), HEADER.blended, HEADER.sinking);
    add("encode", TID.encode, "encode", HEADER.sinking, HEADER.written);
    return this.#file.append(events.map((event) => `,\n${event}`).join(""));
  }

  /** Ends the array and closes the file, which is valid JSON then. Safe to call twice. */
  close(): Promise<void> {
    return this.#closing ??= this.#end();
  }

  async #end(): Promise<void> {
    try {
      await this.#file.append("\n]\n");
    } finally {
      await this.#file.close();
    }
  }

  /** Whole, so that an event ends exactly where its neighbour begins. */
  #nanoseconds(stampMs: number): number {
    return Math.round((stampMs - this.#startedAtMs) * 1e6);
  }

  #nameRow(tid: number, name: string, events: string[]): void {
    if (this.#named.has(tid)) return;
    this.#named.add(tid);
    const row = { pid: 1, tid, ph: "M" };
    events.push(JSON.stringify({ ...row, name: "thread_name", args: { name } }));
    events.push(JSON.stringify({ ...row, name: "thread_sort_index", args: { sort_index: tid } }));
  }
}

/** The first lane that is free at `begin`; it is taken until `end`. */
function freeLane(lanes: number[], begin: number, end: number): number {
  const free = lanes.findIndex((takenUntil) => takenUntil <= begin);
  const lane = free === -1 ? lanes.length : free;
  if (end > begin) lanes[lane] = end;
  return lane;
}

function rowName(name: string, lane: number): string {
  return lane === 0 ? name : `${name} ${lane + 1}`;
}
