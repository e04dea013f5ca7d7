/** The life of one camera: connected, lost, asked again. */
import { setTimeout as pause } from "node:timers/promises";
import { InputError } from "../../errors.ts";
import { nowMs } from "../../frame/clock.ts";
import { i420Layout, type Size } from "../../frame/geometry.ts";
import { LiveClock } from "../../frame/live_clock.ts";
import type { StreamInfo } from "../../frame/stream.ts";
import type { OnStreamEvent } from "../../frame/stream_event.ts";
import type { FfmpegBinary } from "../../ffmpeg/binary.ts";
import type { LiveFrame } from "../../ffmpeg/live_decoder.ts";
import type { LiveInput } from "../../ffmpeg/live_input.ts";
import type { LiveVideo } from "../../ffmpeg/live_report.ts";
import type { LiveSlotFiller } from "../source.ts";
import { CameraBackOff } from "./backoff.ts";
import type { LiveCounts, LiveSource, LiveSourceOptions, LiveState } from "./contract.ts";
import { Connection, type ConnectionFrame, type Ending } from "./connection.ts";
import { Intake } from "./intake.ts";
import { Watchdog } from "./watchdog.ts";

/** A connection that held for so long was a good one: what comes after it is a new loss. */
const SETTLED_MS = 5000;

/** Formats whose times are counted and not measured: as many as frames came, 40 ms apart. */
const WITHOUT_CLOCK: ReadonlySet<string> = new Set(["mpjpeg", "mjpeg", "image2pipe"]);

/** A source that reads one camera until it is closed. */
export class Camera implements LiveSource {
  /** Resolves when the camera was there for the first time; rejects if it never will be. */
  readonly opened: Promise<void>;
  readonly #opening = Promise.withResolvers<void>();
  readonly #input: LiveInput;
  readonly #binary: FfmpegBinary;
  readonly #options: LiveSourceOptions;
  readonly #onEvent: OnStreamEvent;
  readonly #backoff: CameraBackOff;
  readonly #watchdog: Watchdog;
  readonly #life = new AbortController();
  readonly #loop: Promise<void>;
  #clock: LiveClock;
  #isStamped = true;
  #intake: Intake | undefined;
  #connection: Connection | undefined;
  /** What frames are fitted into, once that is known. */
  #frame: LiveFrame | undefined;
  #info: StreamInfo | undefined;
  /** Of the pictures that the camera sends. */
  #cameraSize: Size | undefined;
  /** Attempts of the present outage. */
  #attempts = 0;
  /** Attempts since the last good connection, the very first one not counted. */
  #retries = 0;
  #reconnects = 0;
  #lastFrameMs = nowMs();
  /** Whether the present decoder fits frames into the stream's, and did not make them so. */
  #isFitted = false;
  /** Whether the present decoder was ended so that the next fits its frames. */
  #isRefitted = false;
  #state: LiveState = "connecting";
  #reason: string | undefined = "it is being asked for the first time";

  /** Starts to connect. */
  constructor(input: LiveInput, binary: FfmpegBinary, options: LiveSourceOptions) {
    this.#input = input;
    this.#binary = binary;
    this.#options = options;
    this.#onEvent = options.onEvent ?? (() => {});
    this.#backoff = new CameraBackOff(options.backoff);
    this.#clock = this.#newClock();
    if (options.size !== undefined) {
      const sampleAspectRatio = { numerator: 1, denominator: 1 };
      this.#frame = { size: i420Layout(options.size).size, sampleAspectRatio };
    }
    this.#watchdog = new Watchdog(); // nothing throws from here on: its timer is ended by the loop
    this.opened = this.#opening.promise;
    options.signal?.addEventListener("abort", this.#stop);
    this.#loop = this.#live();
    this.#loop.catch(() => {}); // told by `run` and `opened`
  }

  get info(): StreamInfo {
    if (this.#info === undefined) throw new TypeError("Cannot describe a camera before it opened.");
    return this.#info;
  }

  get counts(): LiveCounts {
    const { framesIn = 0, dropped = { oldest: 0, newest: 0 } } = this.#intake ?? {};
    return { framesIn, dropped: { ...dropped }, reconnects: this.#reconnects };
  }

  get state(): LiveState {
    return this.#state;
  }

  get reason(): string | undefined {
    return this.#reason;
  }

  get epochMs(): number | undefined {
    return this.#clock.epochMs;
  }

  /** Decoders are killed, and so do not tell. */
  get cpuMs(): undefined {
    return undefined;
  }

  async run(ring: LiveSlotFiller, signal: AbortSignal): Promise<void> {
    if (this.#intake !== undefined) {
      throw new TypeError("Cannot run a live source twice: open the input again.");
    }
    this.#clock = this.#newClock(); // what was read before is not part of the stream
    this.#clock.restart(this.#isStamped);
    this.#intake = new Intake(ring, this.#options.drop ?? "oldest");
    signal.addEventListener("abort", this.#stop);
    if (signal.aborted) this.#stop();
    try {
      await this.#loop;
    } finally {
      signal.removeEventListener("abort", this.#stop);
    }
  }

  async close(): Promise<void> {
    this.#stop();
    await this.#loop.catch(() => {});
  }

  readonly #stop = (): void => this.#life.abort();

  #newClock(): LiveClock {
    return new LiveClock({ isPrompt: this.#options.drop !== "wait" });
  }

  async #live(): Promise<void> {
    const { signal } = this.#life;
    try {
      while (!signal.aborted) {
        const beganMs = nowMs();
        this.#isRefitted = false;
        this.#attempts++;
        this.#connection = this.#newConnection();
        const ending = await this.#connection.run();
        if (signal.aborted) break;
        if (this.#isRefitted) {
          this.#attempts = 0;
          continue;
        }
        const delayMs = this.#judge(ending, nowMs() - beganMs);
        if (delayMs === undefined) break;
        await pause(delayMs, undefined, { signal }).catch(() => {});
      }
      this.#opening.reject(this.#options.signal?.reason ?? this.#failure(this.#reason ?? "closed"));
    } catch (error) {
      this.#opening.reject(error);
      throw error;
    } finally {
      this.#options.signal?.removeEventListener("abort", this.#stop);
      this.#watchdog.stop();
      this.#state = "ended";
    }
  }

  #newConnection(): Connection {
    const { rtspTransport = "tcp", stallTimeoutMs = 10_000 } = this.#options;
    return new Connection({
      binary: this.#binary,
      input: this.#input,
      rtspTransport,
      stallTimeoutMs,
      watchdog: this.#watchdog,
      signal: this.#life.signal,
      frame: this.#frame,
    }, {
      onLive: (video, frame) => this.#greet(video, frame),
      onResize: (video) => this.#resize(video),
      onFrame: (frame) => this.#take(frame),
    });
  }

  /** The camera is there. */
  #greet(video: LiveVideo, frame: LiveFrame): void {
    const isFirst = this.#info === undefined;
    this.#info ??= {
      ...frame,
      colour: { matrix: video.matrix, range: "limited" },
      frameRate: video.frameRate,
      startUs: 0,
      hasAudio: false,
    };
    this.#isFitted = this.#frame !== undefined;
    this.#frame ??= frame;
    if (!isFirst) this.#reconnects++;
    this.#state = "live";
    this.#reason = undefined;
    this.#isStamped = !WITHOUT_CLOCK.has(video.format);
    this.#clock.restart(this.#isStamped);
    this.#onEvent({
      kind: "connected",
      codec: video.codec,
      size: video.size,
      attempt: this.#attempts,
      awayMs: Math.round(nowMs() - this.#lastFrameMs),
    });
    this.#noteSize(video.size);
    this.#opening.resolve();
  }

  #resize(video: LiveVideo): void {
    this.#noteSize(video.size);
    if (this.#isFitted) return;
    // The first decoder did not know what to fit its frames into.
    this.#isRefitted = true;
    this.#connection?.end();
  }

  #noteSize(to: Size): void {
    const from = this.#cameraSize;
    this.#cameraSize = to;
    if (from === undefined || (from.width === to.width && from.height === to.height)) return;
    this.#onEvent({ kind: "resized", from, to });
  }

  /** Before anybody runs the source, frames are read and thrown away, so that none is old then. */
  async #take(frame: ConnectionFrame): Promise<boolean> {
    this.#lastFrameMs = frame.arrivalMs;
    const intake = this.#intake;
    if (intake === undefined) return await frame.skip();
    const { ptsUs, jumpUs } = this.#clock.stamp(frame.streamUs, frame.arrivalMs);
    if (jumpUs !== undefined) {
      this.#onEvent({ kind: "clock jumped", jumpMs: Math.round(jumpUs / 1000) });
    }
    if (this.#options.drop === "wait") this.#watchdog.hold();
    const isWhole = await intake.take(frame, ptsUs, this.#life.signal);
    if (intake.isClosed) this.#stop();
    return isWhole;
  }

  /** Tells of the end of a connection; the delay before the next, or undefined if none is to be. */
  #judge(ending: Ending, tookMs: number): number | undefined {
    const { kind, reason, liveMs, stalledMs } = ending;
    const wasThere = this.#info !== undefined;
    this.#reason = reason;
    // Where a decoder was ended to be followed by another, that one's first attempt finds it gone.
    if (wasThere) this.#state = "reconnecting";
    if (liveMs !== undefined) {
      this.#attempts = 0;
      if (stalledMs === undefined) this.#onEvent({ kind: "lost", reason });
      else this.#onEvent({ kind: "stalled", silentMs: Math.round(stalledMs) });
      if (liveMs >= SETTLED_MS) {
        this.#retries = 0;
        this.#backoff.reset();
      }
    }
    // A relay answers that a stream is absent while its camera is away.
    const isRefused = kind === "refused" || (kind === "absent" && !wasThere);
    const { maxReconnects = Infinity, failOnRefusal = false } = this.#options;
    const isFinal = !wasThere && (kind === "hopeless" || (isRefused && failOnRefusal));
    if (isFinal || this.#retries >= maxReconnects) {
      this.#onEvent({ kind: "gave up", attempts: this.#attempts, reason });
      return undefined;
    }
    this.#retries++;
    const delayMs = this.#backoff.next(isRefused);
    if (isRefused) {
      this.#onEvent({ kind: "rejected", reason, delayMs });
      return delayMs;
    }
    // An attempt that waited for an answer has waited already.
    const leftMs = liveMs === undefined ? Math.max(0, Math.round(delayMs - tookMs)) : delayMs;
    this.#onEvent({
      kind: "retrying",
      attempt: this.#attempts + 1,
      delayMs: leftMs,
      reason,
    });
    return leftMs;
  }

  #failure(reason: string): InputError {
    const { name } = this.#input;
    return new InputError(`Cannot open ${JSON.stringify(name)}: ${reason}.`, { input: name });
  }
}
