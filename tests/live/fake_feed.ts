import { findFfmpeg } from "../../src/ffmpeg/binary.ts";
import { type FfmpegProcess, spawnFfmpeg } from "../../src/ffmpeg/process.ts";
import { CITYSCAPES_CLASSES } from "../../src/frame/classes.ts";
import { type FrameTiming, frameTiming, HEADER, HEADER_FIELDS } from "../../src/frame/timing.ts";
import type { Feed, FeedStatus, FeedView, FeedViewer } from "../../src/report/feed.ts";
import { Hub } from "../../src/sink/broadcast/hub.ts";
import { TsSplitter } from "../../src/sink/broadcast/ts_packets.ts";

/** A picture of one pixel. */
export const PNG = Uint8Array.fromBase64(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
);

const STATUS: FeedStatus = {
  name: "street",
  input: "rtsp://***@camera.example/street",
  state: "live",
  stateSince: Date.now(),
  reason: undefined,
  size: { width: 640, height: 360 },
  modelSize: { width: 1024, height: 512 },
  model: "fast_scnn_street19_v0",
  provider: "cpu",
  precision: "int8",
  fps: 25,
  latencyMs: { p50: 31.4, p95: 44.2, p99: 51 },
  stages: {
    decode: { p50: 38, p95: 41, p99: 44 },
    wait: { p50: 0.4, p95: 2, p99: 5 },
    prepare: { p50: 1.6, p95: 2, p99: 3 },
    infer: { p50: 19.2, p95: 24, p99: 27 },
    label: { p50: 2.4, p95: 3, p99: 4 },
    blend: { p50: 1.7, p95: 2, p99: 3 },
    order: { p50: 1, p95: 5, p99: 8 },
    encode: { p50: 5.1, p95: 6, p99: 8 },
  },
  framesIn: 10_431,
  framesOut: 10_402,
  dropped: { "worker behind": 27 },
  framesHeld: 12,
  reconnects: 1,
  workersReplaced: 0,
  encodersReplaced: 0,
  slots: 8,
  slotsInUse: 2,
  shares: CITYSCAPES_CLASSES.map((_, id) => 2 ** -(id + 1)),
  viewers: 0,
};

/** A feed without a pipeline: what it tells is what the test sets, its stream is what it is pushed. */
export class FakeFeed implements Feed {
  readonly name: string;
  readonly classes = CITYSCAPES_CLASSES;
  readonly colours = CITYSCAPES_CLASSES.map(({ colour }) => colour);
  readonly views = ["overlay", "mask"];
  /** Every change that was asked for. */
  readonly changes: Partial<FeedView>[] = [];
  readonly hub = new Hub();
  /** What {@link snapshot} gives. */
  picture: Uint8Array | undefined = PNG;
  snapshots = 0;
  /** How often {@link watch} was called. */
  watched = 0;
  view: FeedView = {
    view: "overlay",
    alpha: 0.5,
    visible: CITYSCAPES_CLASSES.keys().toArray(),
    legend: false,
    hud: true,
  };
  readonly #listeners = new Set<(timing: FrameTiming) => void>();
  #status: FeedStatus;
  #viewers = 0;

  constructor(name = "street") {
    this.name = name;
    this.#status = { ...STATUS, name };
  }

  get status(): FeedStatus {
    return { ...this.#status, viewers: this.#viewers };
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  set(change: Partial<FeedStatus>): void {
    this.#status = { ...this.#status, ...change };
  }

  setView(change: Partial<FeedView>): void {
    if (change.view !== undefined && !this.views.includes(change.view)) {
      throw new RangeError(`Cannot draw the view "${change.view}": choose overlay, mask.`);
    }
    this.changes.push(change);
    this.view = { ...this.view, ...change };
  }

  watch(viewer: FeedViewer): () => void {
    const unsubscribe = this.hub.subscribe(viewer);
    this.#viewers++;
    this.watched++;
    let isWatching = true;
    return () => {
      if (isWatching) this.#viewers--;
      isWatching = false;
      unsubscribe();
    };
  }

  snapshot(): Promise<Uint8Array | undefined> {
    this.snapshots++;
    return Promise.resolve(this.picture);
  }

  onFrame(listener: (timing: FrameTiming) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** A frame went out, each stage after as many milliseconds: by position in the header. */
  frame(stamps: Partial<Record<keyof typeof HEADER, number>>): void {
    const header = new Float64Array(HEADER_FIELDS);
    for (const [field, value] of Object.entries(stamps)) {
      header[HEADER[field as keyof typeof HEADER]] = value;
    }
    for (const listener of this.#listeners) listener(frameTiming(header));
  }
}

/** A feed whose stream comes from ffmpeg, at its own pace; its scope's end ends it (`await using`). */
export interface StreamingFeed extends AsyncDisposable {
  readonly feed: FakeFeed;
  /** Kills the encoder and starts another: its timestamps begin anew. */
  replace(input: readonly string[]): Promise<void>;
}

const PATTERN = ["-f", "lavfi", "-i", "testsrc2=size=640x360:rate=25"];

/**
 * Starts the stream of a feed: a key frame every 25 pictures.
 *
 * @param input Input options; ffmpeg's test pattern by default.
 */
export async function startStream(
  feed = new FakeFeed(),
  input: readonly string[] = PATTERN,
): Promise<StreamingFeed> {
  let encoder = await startEncoder(input);
  let reading = forward(encoder, feed.hub);
  const stop = async () => {
    await encoder.kill();
    await reading;
  };
  return {
    feed,
    async replace(input) {
      await stop();
      encoder = await startEncoder(input);
      reading = forward(encoder, feed.hub);
    },
    async [Symbol.asyncDispose]() {
      await stop();
      feed.hub.end();
    },
  };
}

async function startEncoder(input: readonly string[]): Promise<FfmpegProcess> {
  return spawnFfmpeg(await findFfmpeg(), [
    "-re",
    ...input,
    ...["-an", "-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency"],
    ...["-pix_fmt", "yuv420p", "-g", "25", "-threads", "1"],
    ...["-f", "mpegts", "-flush_packets", "1", "-"],
  ], { stdin: false, stdout: true });
}

async function forward({ stdout }: FfmpegProcess, hub: Hub): Promise<void> {
  const splitter = new TsSplitter();
  for await (const chunk of stdout) {
    for (const piece of splitter.push(chunk)) hub.push(piece);
  }
}
