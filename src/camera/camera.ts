/** A fake camera: an RTSP server that films a drawn street or a file, and fails when it is told to. */
import { setTimeout as delay } from "node:timers/promises";
import { type FfmpegBinary, findFfmpeg } from "../ffmpeg/binary.ts";
import { nowMs } from "../frame/clock.ts";
import { i420Layout, type Size } from "../frame/geometry.ts";
import type { Ratio } from "../frame/stream.ts";
import { parseCameraUrl } from "./address.ts";
import { film } from "./encoder.ts";
import type { Failure } from "./flaky.ts";
import { RtspServer } from "./server.ts";
import { type CameraPicture, type CameraSource, openCameraSource } from "./source.ts";

/** How to start a camera. */
export interface CameraOptions extends CameraPicture {
  /** `street:…` or a video file; the street by default. */
  readonly source?: string | undefined;
  /** What goes wrong, in order of time, given the first size. Nothing by default. */
  readonly failures?: ((size: Size) => Iterable<Failure>) | undefined;
  /** The ffmpeg that encodes; SEGSTREAM_FFMPEG, then the bundled one by default. */
  readonly ffmpeg?: string | undefined;
  /** Takes what happens, as it happens. */
  readonly onEvent?: ((event: CameraEvent) => void) | undefined;
}

/** What happens to a camera. Texts are on one line, without credentials. */
export type CameraEvent =
  /** A failure begins. */
  | { readonly kind: "failure"; readonly failure: Failure }
  /** A stall or reboot is over. */
  | { readonly kind: "back" }
  /** What a client did: "plays", "left", "left after 404 Not Found". */
  | { readonly kind: "client"; readonly client: string; readonly what: string };

/** A camera that runs. Dispose of it (`await using`) to stop it. */
export interface Camera extends AsyncDisposable {
  /** What clients open, without user and password. */
  readonly url: string;
  /** Of the picture at first. */
  readonly size: Size;
  /** Frames a second. */
  readonly frameRate: Ratio;
  /** Resolves after `stop`; rejects when the camera cannot go on. */
  readonly ended: Promise<void>;
  /** Closes the port and every connection, ends ffmpeg and waits for it. Safe to call twice. */
  stop(): Promise<void>;
}

/**
 * Starts a camera at `rtsp://[USER:PASSWORD@]HOST[:PORT]/PATH`; it listens when this resolves.
 *
 * @throws {TypeError} If the URL or the description of a street is malformed.
 * @throws {RangeError} If a side of the size is not a positive even integer.
 * @throws {InputError} If the file cannot be opened or holds no video.
 * @throws {FfmpegError} If ffmpeg or ffprobe cannot be run.
 * @throws {OutputError} If the address cannot be listened on.
 */
export async function startCamera(url: string, options: CameraOptions = {}): Promise<Camera> {
  const address = parseCameraUrl(url);
  const binary = await findFfmpeg({ path: options.ffmpeg });
  const source = await openCameraSource(options.source ?? "street:", binary, options);
  i420Layout(source.size);
  const note = options.onEvent ?? (() => {});
  const server = new RtspServer(address, source.frameRate, (client, what) => {
    note({ kind: "client", client, what });
  });
  server.listen();
  return new FakeCamera({ server, binary, source, note, failures: options.failures });
}

interface CameraParts {
  readonly server: RtspServer;
  readonly binary: FfmpegBinary;
  readonly source: CameraSource;
  readonly note: (event: CameraEvent) => void;
  readonly failures: CameraOptions["failures"];
}

class FakeCamera implements Camera {
  readonly ended: Promise<void>;
  readonly #parts: CameraParts;
  readonly #over = new AbortController();
  /** Ends what is filmed now. */
  #off = new AbortController();
  #filming: Promise<void> = Promise.resolve();

  constructor(parts: CameraParts) {
    this.#parts = parts;
    this.ended = this.#run();
    this.ended.catch(() => {}); // whoever awaits it learns of it
  }

  get url(): string {
    return this.#parts.server.url;
  }

  get size(): Size {
    return this.#parts.source.size;
  }

  get frameRate(): Ratio {
    return this.#parts.source.frameRate;
  }

  async stop(): Promise<void> {
    this.#over.abort();
    await this.ended.catch(() => {});
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #run(): Promise<void> {
    const { server, note, failures } = this.#parts;
    const begunMs = nowMs();
    try {
      this.#film(this.size);
      for (const failure of failures?.(this.size) ?? []) {
        await this.#wait(begunMs + failure.atMs - nowMs());
        note({ kind: "failure", failure });
        await this.#fail(failure);
        if (failure.kind !== "drop") note({ kind: "back" });
      }
      await this.#filming;
    } catch (error) {
      if (!this.#over.signal.aborted) throw error;
    } finally {
      await server.close();
      this.#over.abort();
      await this.#filming; // rejects where it is what ended the camera
    }
  }

  async #fail(failure: Failure): Promise<void> {
    const { server } = this.#parts;
    switch (failure.kind) {
      case "drop":
        server.disconnect();
        break;
      case "stall":
        server.stall();
        await this.#wait(failure.durationMs);
        server.resume();
        break;
      case "reboot":
        await server.close();
        this.#off.abort();
        await this.#filming;
        await this.#wait(failure.durationMs);
        server.listen();
        this.#film(failure.size);
    }
  }

  #film(size: Size): void {
    const { binary, source, server } = this.#parts;
    this.#off = new AbortController();
    this.#filming = film(binary, source, {
      size,
      onUnit: (unit, seconds) => server.broadcast(unit, seconds),
      signal: AbortSignal.any([this.#off.signal, this.#over.signal]),
    });
    this.#filming.catch(() => this.#over.abort());
  }

  #wait(ms: number): Promise<void> {
    return delay(Math.max(0, ms), undefined, { signal: this.#over.signal });
  }
}
