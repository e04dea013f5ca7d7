/**
 * The feeds' counters and timings as Prometheus reads them. The registry is our own: the client's
 * default metrics want leave to look at the whole system.
 */
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { FrameTiming, Stage } from "../frame/timing.ts";
import { STAGES } from "../frame/timing.ts";
import { VERSION } from "../version.ts";
import type { Feed, FeedState, FeedStatus } from "../report/feed.ts";

const STATES: readonly FeedState[] = ["connecting", "live", "reconnecting", "ended"];

/** From half a millisecond, which resizing takes, to where a live stream is none any more. */
const BUCKETS_S = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28];

type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

/** Counts from the moment it is made until {@link LiveMetrics.stop}. */
export class LiveMetrics {
  /** Of {@link LiveMetrics.text}. */
  readonly contentType: string;
  readonly #registry = new Registry();
  readonly #unsubscribe: readonly (() => void)[];

  /** Of these feeds; `clients` gives the number of open WebSockets. */
  constructor(feeds: readonly Feed[], clients: () => number) {
    this.contentType = this.#registry.contentType;
    this.#addStatus(feeds);
    this.#addProcess(clients);
    const observe = this.#addTimings();
    this.#unsubscribe = feeds.map((feed) => feed.onFrame(observe(feed.name)));
  }

  /** The exposition text. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  /** Lets go of the feeds. */
  stop(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
  }

  #addStatus(feeds: readonly Feed[]): void {
    const counter = (name: string, help: string, read: (status: FeedStatus) => number) =>
      this.#counter(name, help, [], () => ofEach(feeds, (status) => [[{}, read(status)]]));
    const gauge = (name: string, help: string, read: (status: FeedStatus) => number) =>
      this.#gauge(name, help, [], () => ofEach(feeds, (status) => [[{}, read(status)]]));
    counter("frames_in_total", "Frames decoded.", (status) => status.framesIn);
    counter("frames_out_total", "Frames handed to the outputs.", (status) => status.framesOut);
    counter(
      "frames_held_total",
      "Repetitions of the last frame while the camera was away.",
      (status) => status.framesHeld,
    );
    counter("reconnects_total", "Times the camera came back.", (status) => status.reconnects);
    counter("workers_replaced_total", "Workers replaced.", (status) => status.workersReplaced);
    counter("encoders_replaced_total", "Encoders replaced.", (status) => status.encodersReplaced);
    this.#counter(
      "frames_dropped_total",
      "Frames left out, by reason.",
      ["reason"],
      () =>
        ofEach(
          feeds,
          ({ dropped }) =>
            Object.entries(dropped).map(([reason, value]) => [{ reason }, value] as const),
        ),
    );
    gauge("fps", "Frames a second that went out.", (status) => status.fps);
    gauge("ring_slots", "Slots of the ring.", (status) => status.slots);
    gauge("ring_slots_in_use", "Slots of the ring that hold a frame.", (s) => s.slotsInUse);
    gauge("viewers", "Viewers of the stream.", (status) => status.viewers);
    this.#gauge(
      "state",
      "1 for the state the stream is in.",
      ["state"],
      () =>
        ofEach(
          feeds,
          (status) => STATES.map((state) => [{ state }, status.state === state ? 1 : 0] as const),
        ),
    );
    this.#gauge(
      "class_share",
      "Share of the newest frame's pixels.",
      ["class"],
      () =>
        ofEach(
          feeds,
          ({ shares }, { classes }) =>
            classes.map(({ name }, id) => [{ class: name }, shares[id] ?? 0] as const),
        ),
    );
  }

  #addProcess(clients: () => number): void {
    const registers = [this.#registry];
    const gauge = (name: string, help: string, read: () => number) =>
      new Gauge({
        name,
        help,
        registers,
        collect() {
          this.set(read());
        },
      });
    gauge("segstream_websockets", "Open WebSockets of the live page.", clients);
    gauge("process_resident_memory_bytes", "Memory in use (RSS).", () => Deno.memoryUsage().rss);
    gauge(
      "process_start_time_seconds",
      "Start of the process, in seconds of the epoch.",
      () => performance.timeOrigin / 1000,
    );
    new Gauge({
      name: "segstream_build_info",
      help: "1, with the version.",
      labelNames: ["version"],
      registers,
    }).set({ version: VERSION }, 1);
  }

  /** Gives what observes the frames of a stream. */
  #addTimings(): (stream: string) => (timing: FrameTiming) => void {
    const shared = { buckets: BUCKETS_S, registers: [this.#registry] };
    const stages = new Histogram({
      name: "segstream_stage_seconds",
      help: "What a stage took of a frame.",
      labelNames: ["stream", "stage"],
      ...shared,
    });
    const latency = new Histogram({
      name: "segstream_latency_seconds",
      help: "From the decoded frame to its output.",
      labelNames: ["stream"],
      ...shared,
    });
    return (stream) => {
      // A series is there before its first frame: rates begin at nought.
      for (const stage of STAGES) stages.zero({ stream, stage });
      latency.zero({ stream });
      const ofStages = STAGES.map((stage) => [msOf(stage), stages.labels(stream, stage)] as const);
      const ofLatency = latency.labels(stream);
      return (timing) => {
        for (const [ms, histogram] of ofStages) histogram.observe(timing[ms] / 1000);
        ofLatency.observe(timing.latencyMs / 1000);
      };
    };
  }

  #counter(name: string, help: string, labels: readonly string[], read: () => Sample[]): void {
    new Counter({
      name: `segstream_${name}`,
      help,
      labelNames: ["stream", ...labels],
      registers: [this.#registry],
      collect() {
        // The feed counts; this only tells.
        this.reset();
        for (const [sample, value] of read()) this.inc(sample, value);
      },
    });
  }

  #gauge(name: string, help: string, labels: readonly string[], read: () => Sample[]): void {
    new Gauge({
      name: `segstream_${name}`,
      help,
      labelNames: ["stream", ...labels],
      registers: [this.#registry],
      collect() {
        this.reset();
        for (const [sample, value] of read()) this.set(sample, value);
      },
    });
  }
}

function msOf(stage: Stage): `${Stage}Ms` {
  return `${stage}Ms`;
}

function ofEach(
  feeds: readonly Feed[],
  read: (status: FeedStatus, feed: Feed) => readonly Sample[],
): Sample[] {
  return feeds.flatMap((feed) =>
    read(feed.status, feed).map(([labels, value]): Sample => [
      { stream: feed.name, ...labels },
      value,
    ])
  );
}
