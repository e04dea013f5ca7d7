/** Reads off ffmpeg's messages what a live stream holds, while it runs. */
import type { Colour } from "../frame/colour.ts";
import type { Size } from "../frame/geometry.ts";
import type { Ratio } from "../frame/stream.ts";
import { sourceColour } from "./probe_colour.ts";

/** What the pictures of a live stream are, as the camera sends them. */
export interface LiveVideo {
  /** The container or protocol as ffmpeg names it, such as "rtsp" or "mpjpeg". */
  readonly format: string;
  /** As ffmpeg names it, such as "h264". */
  readonly codec: string;
  /** As decoded, before any turn. */
  readonly size: Size;
  /** Frames a second as announced; 25 where nothing is. */
  readonly frameRate: Ratio;
  /** Of the pixels once their range is limited. */
  readonly matrix: Colour["matrix"];
}

/** Frames a second; what is above is the clock of a stream and not its rate. */
const LARGEST_RATE = 1000;

const DEFAULT_RATE: Ratio = { numerator: 25, denominator: 1 };

/**
 * Takes the lines of `-loglevel level+verbose`, which read alike from ffmpeg 4.1 to 5.1:
 *
 * ```
 * [tcp @ 0x1] [verbose] Successfully connected to 127.0.0.1 port 554
 * [info] Input #0, rtsp, from 'rtsp://camera/1':
 * [info]     Stream #0:0: Video: h264 (Main), yuv420p(tv, bt709, progressive), 640x480 [SAR 1:1 …
 * [graph 0 input from stream 0:0 @ 0x1] [verbose] w:640 h:480 pixfmt:yuv420p tb:1/90000 fr:25/1 …
 * [info] Output #0, nut, to 'pipe:':
 * ```
 *
 * The graph's line comes before the first frame, and again whenever the size changes on the way.
 */
export class LiveReport {
  /** Whether a host was called and has not answered yet. */
  isCalling = false;
  /** Known once the first picture is decoded. */
  video: LiveVideo | undefined;
  /** Resolves when all is said that comes before the first frame; {@link end} resolves it as well. */
  readonly described: Promise<void>;
  readonly #described = Promise.withResolvers<void>();
  #format = "unknown";
  #codec: string | undefined;
  #matrix: string | undefined;
  #isInput = false;
  readonly #onVideo: (video: LiveVideo) => void;

  /** `onVideo` is called with the first description, and with each that differs in size. */
  constructor(onVideo: (video: LiveVideo) => void) {
    this.#onVideo = onVideo;
    this.described = this.#described.promise;
  }

  /** What is known of the pictures; a guess where ffmpeg does not say, from the size of its frames. */
  videoOr(size: Size): LiveVideo {
    return this.video ?? this.#describe(size, DEFAULT_RATE, "unknown");
  }

  /** Nothing more will be said. */
  end(): void {
    this.#described.resolve();
  }

  /** Takes one line. */
  push(line: string): void {
    if (line.includes("Starting connection attempt to ")) this.isCalling = true;
    if (line.includes("Successfully connected to ")) this.isCalling = false;
    const input = /^\[info\] Input #0, (\S+), from /.exec(line);
    if (input !== null) {
      this.isCalling = false;
      this.#isInput = true;
      this.#format = input[1]!.split(",")[0]!;
    }
    if (line.startsWith("[info] Stream mapping")) this.#isInput = false;
    if (line.startsWith("[info] Output #0")) this.#described.resolve();
    if (this.#isInput && this.#codec === undefined) this.#readStream(line);
    this.#readGraph(line);
  }

  #readStream(line: string): void {
    const codec = /\bStream #0:\d+.*: Video: (\w+)/.exec(line)?.[1];
    if (codec === undefined) return;
    this.#codec = codec;
    const format = /, \w+(?:\(([^)]*)\))?, \d+x\d+/.exec(line);
    if (format === null) return; // not known before a key frame
    const details = format[1] ?? "";
    // "tv, bt709, progressive", or matrix/primaries/transfer where they differ.
    const space = details.split(", ").map((detail) => detail.split("/")[0]!)
      .find((detail) => /^(bt|smpte|fcc|gbr)/.test(detail));
    this.#matrix = space;
  }

  #readGraph(line: string): void {
    const graph = /^\[[^\]]*\] \[verbose\] w:(\d+) h:(\d+) pixfmt:(\w+) .*\bfr:(\d+)\/(\d+)/.exec(
      line,
    );
    if (graph === null) return;
    const [width, height, numerator, denominator] = [1, 2, 4, 5].map((at) => Number(graph[at]));
    const before = this.video?.size;
    if (before?.width === width && before?.height === height) return;
    const size = { width: width!, height: height! };
    this.video = this.#describe(size, rateOf(numerator!, denominator!), graph[3]!);
    this.#described.resolve();
    this.#onVideo(this.video);
  }

  #describe(size: Size, frameRate: Ratio, pixelFormat: string): LiveVideo {
    const height = Math.min(size.width, size.height);
    const colour = sourceColour({ color_space: this.#matrix, pix_fmt: pixelFormat, height });
    return {
      format: this.#format,
      codec: this.#codec ?? "unknown",
      size,
      frameRate,
      // swscale takes BT.601 to turn R'G'B' into Y'CbCr where nothing else is asked for.
      matrix: colour.isRgb ? "bt601" : colour.matrix,
    };
  }
}

function rateOf(numerator: number, denominator: number): Ratio {
  const rate = numerator / denominator;
  return rate > 0 && rate <= LARGEST_RATE ? { numerator, denominator } : DEFAULT_RATE;
}
