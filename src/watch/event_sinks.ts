/** Where the events of cameras go: one sink for a target, shared by the cameras that name it. */
import { parseConditions } from "../events/condition.ts";
import { type EventSink, openEventSink } from "../events/event_sink.ts";
import { EventWriter } from "../events/event_writer.ts";
import type { SegmentationClass } from "../frame/classes.ts";
import type { StreamEvent } from "../frame/stream_event.ts";

/** What a camera reports, and where. */
export interface EventOptions {
  /** A file, `-`, or an http(s) or mqtt(s) address. */
  readonly to: string;
  /** Conditions such as `person>2%`; every frame is reported without any. */
  readonly when?: readonly string[];
}

/** A camera, as far as it concerns events. */
export interface EventfulCamera {
  readonly name: string;
  readonly events?: EventOptions;
}

/** The opened sinks of a run. */
export class EventSinks {
  readonly #sinks = new Map<string, EventSink>();
  readonly #writers = new Map<string, EventWriter>();

  /**
   * Opens the sinks of the cameras that have events.
   *
   * @throws {RangeError | TypeError} If a condition or a target is not valid.
   * @throws {OutputError} If a file cannot be written, or Deno may not reach a server.
   */
  static async open(
    cameras: readonly EventfulCamera[],
    classes: readonly SegmentationClass[],
    onEvent: (camera: string, event: StreamEvent) => void,
  ): Promise<EventSinks> {
    const sinks = new EventSinks();
    try {
      for (const { name, events } of cameras) {
        if (events === undefined) continue;
        const conditions = events.when ? parseConditions(events.when, classes) : [];
        const sink = await sinks.#open(name, events.to, (event) => onEvent(name, event));
        sinks.#writers.set(name, new EventWriter(sink, { stream: name, classes, conditions }));
      }
      return sinks;
    } catch (error) {
      await sinks.close();
      throw error;
    }
  }

  /** What a camera writes to; undefined where it has no events. */
  readonly writerOf = (camera: string): EventWriter | undefined => this.#writers.get(camera);

  /** Delivers what waits, for a few seconds at most. */
  async close(): Promise<void> {
    await Promise.all(this.#sinks.values().map((sink) => sink.close()));
  }

  async #open(
    stream: string,
    target: string,
    onEvent: (event: StreamEvent) => void,
  ): Promise<EventSink> {
    // The topic of a broker is the stream's where the address names none.
    const key = /^mqtts?:/i.test(target) ? `${stream} ${target}` : target;
    const sink = this.#sinks.get(key) ?? await openEventSink(target, { stream, onEvent });
    this.#sinks.set(key, sink);
    return sink;
  }
}
