import type { StreamEvent } from "../../src/frame/stream_event.ts";

/** Collects events, and lets a test wait for one. */
export interface EventLog {
  readonly events: readonly StreamEvent[];
  readonly onEvent: (event: StreamEvent) => void;
  /** Resolves with the first event of the kind, now or later. */
  until(kind: StreamEvent["kind"]): Promise<StreamEvent>;
}

export function makeEventLog(): EventLog {
  const events: StreamEvent[] = [];
  let changed = Promise.withResolvers<void>();
  return {
    events,
    onEvent(event) {
      events.push(event);
      changed.resolve();
      changed = Promise.withResolvers();
    },
    async until(kind) {
      for (;;) {
        const event = events.find((each) => each.kind === kind);
        if (event !== undefined) return event;
        await changed.promise;
      }
    },
  };
}
