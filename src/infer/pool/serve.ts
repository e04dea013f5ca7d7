/** What a worker does all its life: frames of its streams in turn, and orders in between. */
import { HEADER, REUSED } from "../../frame/timing.ts";
import { nowMs } from "../../frame/clock.ts";
import { Bell } from "../../ring/bell.ts";
import type { FrameRing } from "../../ring/ring.ts";
import { FaultRun } from "./fault_run.ts";
import type { LaneOptions } from "./lane.ts";
import type { Inbox } from "./mail.ts";
import { reportOf, type WorkerMessage } from "./messages.ts";
import type { DrawOrder, NumberedOrder, Order, ServeOrder } from "./orders.ts";

/** One stream as a worker serves it. */
export interface ServedLane {
  readonly ring: FrameRing;
  /** Frames of a group, which one worker has to itself. */
  readonly every: number;
  /** Segments and draws the frame in a slot. */
  work(slot: number): Promise<void>;
  /** @throws {RangeError} If it cannot be drawn so; then it goes on as before. */
  draw(overlay: DrawOrder["overlay"]): void;
  close(): Promise<void>;
}

/** What a worker needs beside its orders. */
export interface ServeParts {
  readonly inbox: Inbox<Order>;
  readonly open: (options: LaneOptions) => Promise<ServedLane>;
  readonly answer: (message: WorkerMessage) => void;
}

/**
 * Serves streams until it is told to quit; rejects with what went wrong on a frame.
 *
 * - With `attempts`, a frame that fails goes back into its ring, for any worker, or is dropped, and the
 *   others go on: it rejects once it can run none.
 * - The rings are looked at in turn, beginning after the one that was served last: a stream waits for
 *   one frame of each of the others at most.
 * - Orders come before frames. One that cannot be carried out is refused, and the others go on.
 */
export async function serve(order: ServeOrder, parts: ServeParts): Promise<void> {
  const { inbox } = parts;
  const bell = new Bell(order.bell);
  const lanes = new Map<number, ServedLane>();
  const turns = new Turns();
  const faults = new FaultRun();
  inbox.connect(order.mail);
  for (;;) {
    const { epoch } = bell;
    while (inbox.hasMail) {
      const next = await inbox.next();
      if (next.kind === "quit") {
        for (const lane of lanes.values()) await lane.close();
        return;
      }
      if (!("id" in next)) throw new TypeError(`Cannot ${next.kind} while streams are served.`);
      parts.answer(await obey(next, lanes, parts.open));
      turns.lanes = [...lanes];
    }
    const turn = turns.take(order.worker);
    if (turn === undefined) {
      bell.wait(epoch);
      continue;
    }
    const { stream, lane, slot } = turn;
    const header = lane.ring.header(slot);
    header[HEADER.worker] = order.worker;
    header[HEADER.taken] = nowMs();
    try {
      await lane.work(slot);
    } catch (error) {
      if (order.attempts === undefined) throw error;
      const frame = header[HEADER.index]!;
      const isLost = putBack(lane.ring, order.worker, order.attempts);
      if (isLost) parts.answer({ kind: "lost", stream, frame, error: reportOf(error) });
      if (faults.add(stream, lanes.size, nowMs())) throw error;
      continue;
    }
    if (header[HEADER.reused] === REUSED.no) faults.end(); // otherwise the network did not run
    lane.ring.finish(slot);
  }
}

/**
 * Gives up the one slot that this worker holds, and its groups, as if it were gone; says whether the
 * frame was tried often enough.
 */
function putBack(ring: FrameRing, worker: number, attempts: number): boolean {
  const { exhausted } = ring.reclaim(worker, attempts);
  for (const slot of exhausted) ring.discard(slot);
  return exhausted.length > 0;
}

async function obey(
  order: NumberedOrder,
  lanes: Map<number, ServedLane>,
  open: ServeParts["open"],
): Promise<WorkerMessage> {
  const { id, stream } = order;
  try {
    switch (order.kind) {
      case "attach":
        lanes.set(stream, await open(order.lane));
        break;
      case "draw":
        lanes.get(stream)?.draw(order.overlay);
        break;
      case "detach":
        await lanes.get(stream)?.close();
        lanes.delete(stream);
        break;
    }
    return { kind: "done", id };
  } catch (error) {
    return { kind: "refused", id, error: reportOf(error) };
  }
}

/** A frame that a worker took. */
interface Turn {
  readonly stream: number;
  readonly lane: ServedLane;
  readonly slot: number;
}

/** Whose turn it is. */
class Turns {
  /** By stream. */
  lanes: readonly (readonly [stream: number, lane: ServedLane])[] = [];
  #next = 0;

  take(worker: number): Turn | undefined {
    const { lanes } = this;
    for (let turn = 0; turn < lanes.length; turn++) {
      const at = (this.#next + turn) % lanes.length;
      const [stream, lane] = lanes[at]!;
      const slot = lane.ring.tryTake(worker, lane.every);
      if (slot === undefined) continue;
      this.#next = at + 1;
      return { stream, lane, slot };
    }
    return undefined;
  }
}
