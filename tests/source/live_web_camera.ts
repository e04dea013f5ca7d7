/** A camera in the test's own hands: MJPEG over HTTP, as many cameras speak it. */
import { freePort } from "../testing/free_port.ts";
import { ffmpeg } from "../testing/media.ts";

const BOUNDARY = "segstream-test";

/** What the camera does from now on; change it at any time. */
export interface WebCameraState {
  /** Which picture it sends, by the size of it, such as "64x48". */
  size: string;
  /** Frames a second. */
  rate: number;
  /** Connections stay open and nothing comes. */
  isStalled: boolean;
  /** 200, or what a request is refused with. */
  status: number;
}

/** An MJPEG camera on 127.0.0.1. Dispose of it (`await using`), and it is gone. */
export class WebCamera implements AsyncDisposable {
  readonly state: WebCameraState = { size: "64x48", rate: 25, isStalled: false, status: 200 };
  /** Requests so far, refused ones included. */
  requests = 0;
  /** Frames handed to the system so far, on all connections. */
  sent = 0;
  readonly #pictures: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
  #server: Deno.HttpServer<Deno.NetAddr> | undefined;
  readonly #port = freePort(); // it keeps it while it is away
  readonly #open = new Set<() => void>();

  private constructor(pictures: ReadonlyMap<string, Uint8Array<ArrayBuffer>>) {
    this.#pictures = pictures;
    this.start();
  }

  /** A camera that can send white pictures of these sizes; the first at once. */
  static async start(...sizes: string[]): Promise<WebCamera> {
    const pictures = await Promise.all(sizes.map(async (size) =>
      [
        size,
        await ffmpeg([
          ...["-f", "lavfi", "-i", `color=white:s=${size}`, "-frames:v", "1"],
          ...["-pix_fmt", "yuvj420p", "-f", "mjpeg", "-"],
        ]),
      ] as const
    ));
    const camera = new WebCamera(new Map(pictures));
    camera.state.size = sizes[0]!;
    return camera;
  }

  /** With a user and a password in it. */
  get url(): string {
    return `http://user:secret@127.0.0.1:${this.#port}/cam`;
  }

  /** Comes back, on the same port. */
  start(): void {
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: this.#port, onListen() {} },
      () => this.#answer(),
    );
  }

  /** Breaks every connection off; the port answers on. */
  cut(): void {
    for (const close of this.#open) close();
  }

  /** Goes away: nothing answers at the port. */
  async stop(): Promise<void> {
    this.cut();
    await this.#server?.shutdown();
    this.#server = undefined;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #answer(): Response {
    this.requests++;
    if (this.state.status !== 200) return new Response("no", { status: this.state.status });
    let timer: ReturnType<typeof setTimeout> | undefined;
    let close = () => {};
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      start: (controller) => {
        close = () => {
          clearTimeout(timer);
          if (!this.#open.delete(close)) return;
          try {
            controller.close();
          } catch {
            // The client was faster.
          }
        };
        const send = () => {
          if (!this.state.isStalled) {
            try {
              controller.enqueue(this.#part());
            } catch {
              return close(); // the client has gone, and the stream does not always say so
            }
            this.sent++;
          }
          timer = setTimeout(send, 1000 / this.state.rate);
        };
        this.#open.add(close);
        send();
      },
      cancel: () => {
        clearTimeout(timer);
        this.#open.delete(close);
      },
    });
    return new Response(body, {
      headers: { "content-type": `multipart/x-mixed-replace; boundary=${BOUNDARY}` },
    });
  }

  #part(): Uint8Array<ArrayBuffer> {
    const picture = this.#pictures.get(this.state.size)!;
    const head = new TextEncoder().encode(
      `--${BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: ${picture.length}\r\n\r\n`,
    );
    const part = new Uint8Array(head.length + picture.length + 2);
    part.set(head);
    part.set(picture, head.length);
    part.set([13, 10], head.length + picture.length);
    return part;
  }
}
