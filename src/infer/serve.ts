/** What a worker does all its life: frames of its streams in turn, and orders in between. */
import { HEADER } from "../frame/timing.ts";
import { nowMs } from "../frame/clock.ts";
import { Bell } from "../ring/bell.ts";
import type { FrameRing } from "../ring/ring.ts";
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
 * - The rings are looked at in turn, beginning after the one that was served last: a stream waits for
 *   one frame of each of the others at most.
 * - Orders come before frames. One that cannot be carried out is refused, and the others go on.
 */
export async function serve(order: ServeOrder, parts: ServeParts): Promise<void> {
  const { inbox } = parts;
  const bell = new Bell(order.bell);
  const lanes = new Map<number, ServedLane>();
  const turns = new Turns();
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
      turns.lanes = [...lanes.values()];
    }
    const turn = turns.take(order.worker);
    if (turn === undefined) {
      bell.wait(epoch);
      continue;
    }
    const { lane, slot } = turn;
    const header = lane.ring.header(slot);
    header[HEADER.worker] = order.worker;
    header[HEADER.taken] = nowMs();
    await lane.work(slot);
    lane.ring.finish(slot);
  }
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

/** Whose turn it is. */
class Turns {
  lanes: readonly ServedLane[] = [];
  #next = 0;

  take(worker: number): { readonly lane: ServedLane; readonly slot: number } | undefined {
    const { lanes } = this;
    for (let turn = 0; turn < lanes.length; turn++) {
      const at = (this.#next + turn) % lanes.length;
      const lane = lanes[at]!;
      const slot = lane.ring.tryTake(worker, lane.every);
      if (slot === undefined) continue;
      this.#next = at + 1;
      return { lane, slot };
    }
    return undefined;
  }
}
