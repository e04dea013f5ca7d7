/** A broadcast of synthetic frames, its viewers, and what decodes what they got. */
import assert from "node:assert/strict";
import { findFfmpeg } from "../../../src/ffmpeg/binary.ts";
import type { StreamEvent } from "../../../src/frame/stream_event.ts";
import {
  Broadcast,
  type BroadcastOptions,
  type BroadcastTarget,
  type BroadcastViewer,
} from "../../../src/sink/broadcast.ts";
import { TsSplitter } from "../../../src/sink/broadcast/ts_packets.ts";
import { runCommand } from "../../testing/command.ts";
import { BT709, SIZE, syntheticFrame } from "../synthetic.ts";

/** How long a picture may take on a machine that is busy with other things. */
const PATIENCE_MS = 60_000;

/** Everything that happened, and a way to wait for it. */
export class EventLog {
  readonly events: StreamEvent[] = [];
  #changed = Promise.withResolvers<void>();

  readonly onEvent = (event: StreamEvent) => {
    this.events.push(event);
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  };

  /** How many events of a kind there were. */
  count(kind: StreamEvent["kind"]): number {
    return this.events.filter((event) => event.kind === kind).length;
  }

  /** Resolves with the first event of a kind among those from `from` on. */
  async first<K extends StreamEvent["kind"]>(
    kind: K,
    from = 0,
  ): Promise<Extract<StreamEvent, { kind: K }>> {
    for (;;) {
      const event = this.events.slice(from).find((event) => event.kind === kind);
      if (event !== undefined) return event as Extract<StreamEvent, { kind: K }>;
      await this.#changed.promise;
    }
  }
}

/** Opens a broadcast of small synthetic frames; the bundled ffmpeg by default. */
export async function openLive(
  targets: readonly BroadcastTarget[] = [],
  options: Partial<BroadcastOptions> & { ffmpeg?: string | undefined } = {},
): Promise<Broadcast> {
  const { ffmpeg, ...rest } = options;
  return await Broadcast.open({
    binary: await findFfmpeg({ path: ffmpeg }),
    size: SIZE,
    sampleAspectRatio: { numerator: 1, denominator: 1 },
    colour: BT709,
    frameRate: { numerator: 25, denominator: 1 },
    ...rest,
  }, targets);
}

/** A viewer that keeps all it gets. */
export class Collector implements BroadcastViewer {
  readonly pieces: Uint8Array<ArrayBuffer>[] = [];
  readonly ended = Promise.withResolvers<void>();
  readonly #splitter = new TsSplitter();
  #pictures = 0;
  #changed = Promise.withResolvers<void>();

  send(piece: Uint8Array): void {
    this.pieces.push(piece.slice());
    for (const { frames } of this.#splitter.push(piece)) this.#pictures += frames;
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  end(): void {
    this.ended.resolve();
  }

  get byteLength(): number {
    return this.pieces.reduce((sum, { length }) => sum + length, 0);
  }

  /** Resolves once that many pictures have come, since it began to watch. */
  async pictures(count: number): Promise<void> {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      this.#changed.resolve();
    }, PATIENCE_MS);
    while (this.#pictures < count && !isLate) await this.#changed.promise;
    clearTimeout(timer);
    assert(this.#pictures >= count, `${this.#pictures} pictures came, not ${count}`);
  }
}

/** Feeds frames at 25 a second of stream time, as fast as they are taken or slower. */
export class Feeder {
  readonly #broadcast: Broadcast;
  readonly #startUs: number;
  #written = 0;

  constructor(broadcast: Broadcast, startUs = 0) {
    this.#broadcast = broadcast;
    this.#startUs = startUs;
  }

  get written(): number {
    return this.#written;
  }

  async write(count: number): Promise<void> {
    for (let left = count; left > 0; left--) {
      const index = this.#written++;
      const ptsUs = this.#startUs + index * 40_000;
      await this.#broadcast.write(ptsUs, syntheticFrame(index, ptsUs).pixels);
    }
  }

  /** Goes on at about 100 frames a second until `event` has happened. */
  async until<T>(event: Promise<T>): Promise<T> {
    let isOver = false;
    const over = event.finally(() => isOver = true);
    over.catch(() => {});
    while (!isOver) {
      await this.write(1);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return await over;
  }
}

/** Decodes a transport stream strictly: the time of each frame in seconds. */
export async function decodedTimes(pieces: readonly Uint8Array<ArrayBuffer>[]): Promise<number[]> {
  const { path } = await findFfmpeg();
  const stdin = new Uint8Array(await new Blob([...pieces]).arrayBuffer());
  const result = await runCommand(path, [
    ...["-hide_banner", "-loglevel", "error", "-copyts", "-f", "mpegts", "-i", "pipe:0"],
    ...["-vsync", "passthrough", "-vf", "showinfo", "-f", "null", "-"],
    ...["-loglevel", "info"],
  ], { stdin });
  assert.equal(result.code, 0, result.stderr);
  assert.doesNotMatch(result.stderr, /error while decoding|concealing|corrupt/i);
  // In ticks of 90 kHz: the seconds beside them have six figures only.
  return Array.from(
    result.stderr.matchAll(/Parsed_showinfo.* n: *\d+ pts: *(-?\d+) /g),
    ([, ticks]) => Number(ticks) / 90_000,
  );
}
