import type { Ratio } from "../frame/stream.ts";
import { type CameraAddress, formatCameraUrl, listenError } from "./address.ts";
import { type AccessUnit, NAL_TYPE, nalType } from "./annexb.ts";
import { RtspConnection } from "./connection.ts";
import { CLOCK_RATE, H264Packetiser } from "./rtp.ts";
import { describeSession, type ParameterSets } from "./sdp.ts";

/** Clients at one time; one more is sent away. */
const MOST_CLIENTS = 64;

/** What {@link RtspServer} tells of a client. */
export type OnClient = (client: string, what: string) => void;

/**
 * An RTSP server with one live H.264 stream, for any number of clients over TCP.
 *
 * - `listen`, then `broadcast` every picture as it comes; a client begins at the next key frame.
 * - Clients never hold up the stream: one that lags behind by some MiB is cut.
 * - `stall`, `disconnect` and `close` are the ways in which cameras fail.
 */
export class RtspServer {
  readonly #address: CameraAddress;
  readonly #frameRate: Ratio;
  readonly #onClient: OnClient;
  readonly #connections = new Set<RtspConnection>();
  #listener: Deno.TcpListener | undefined;
  #accepting: Promise<void> = Promise.resolve();
  #port: number;
  #stream = new LiveStream();
  #stall: PromiseWithResolvers<void> | undefined;

  /** Makes a server that does not listen yet. */
  constructor(address: CameraAddress, frameRate: Ratio, onClient: OnClient) {
    this.#address = address;
    this.#port = address.port;
    this.#frameRate = frameRate;
    this.#onClient = onClient;
  }

  /** What clients open, without user and password; the port is known once it has listened. */
  get url(): string {
    return formatCameraUrl({ ...this.#address, port: this.#port });
  }

  /**
   * Takes clients, on the same port each time. Those who ask before the first key frame wait for it.
   *
   * @throws {OutputError} If the address cannot be listened on.
   */
  listen(): void {
    const { hostname } = this.#address;
    try {
      this.#listener = Deno.listen({ hostname, port: this.#port });
    } catch (cause) {
      throw listenError({ ...this.#address, port: this.#port }, cause);
    }
    this.#port = this.#listener.addr.port;
    this.#stream = new LiveStream();
    this.#accepting = this.#accept(this.#listener, this.#stream);
  }

  /** Sends a picture; `seconds` is its time since the stream began. */
  broadcast(unit: AccessUnit, seconds: number): void {
    if (this.#stall !== undefined) return;
    const packets = this.#stream.packetise(unit, seconds);
    for (const connection of this.#connections) connection.deliver(packets, unit.isKey);
  }

  /** From here nothing is sent or answered, though connections stay open and new ones are taken. */
  stall(): void {
    this.#stall ??= Promise.withResolvers();
  }

  /** Goes on after {@link stall}, with the next key frame. */
  resume(): void {
    for (const connection of this.#connections) connection.interrupt();
    this.#stall?.resolve();
    this.#stall = undefined;
  }

  /** Cuts every connection. */
  disconnect(): void {
    for (const connection of this.#connections) connection.close("cut");
  }

  /** Closes the port and every connection; then it may listen again. Safe to call twice. */
  async close(): Promise<void> {
    this.#listener?.close();
    this.#listener = undefined;
    this.disconnect();
    this.#stream.end();
    this.resume();
    await this.#accepting; // before that the port is not free
  }

  async #accept(listener: Deno.TcpListener, stream: LiveStream): Promise<void> {
    const service = {
      path: this.#address.path,
      credentials: this.#address.credentials,
      describe: async () => {
        const sets = await stream.parameterSets;
        return sets && describeSession(sets, this.#frameRate);
      },
      awake: () => this.#stall?.promise ?? Promise.resolve(),
      note: this.#onClient,
    };
    for (let socket; (socket = await nextSocket(listener)) !== undefined;) {
      // One may come in the moment in which the listener is closed: `close` does not know of it.
      const isLate = listener !== this.#listener;
      if (isLate || this.#connections.size >= MOST_CLIENTS) {
        socket.close();
        continue;
      }
      socket.setNoDelay();
      const connection = new RtspConnection(socket, service);
      this.#connections.add(connection);
      connection.run().then(() => this.#connections.delete(connection));
    }
  }
}

/** The next connection; undefined once the listener is closed. */
async function nextSocket(listener: Deno.TcpListener): Promise<Deno.TcpConn | undefined> {
  for (;;) {
    try {
      return await listener.accept();
    } catch (error) {
      const { BadResource, Interrupted, NotConnected } = Deno.errors;
      if (error instanceof BadResource || error instanceof Interrupted) return undefined;
      // A client that broke off before it was its turn.
      if (!(error instanceof NotConnected)) throw error;
    }
  }
}

/** The stream from one start of the camera to its end. */
class LiveStream {
  readonly #parameterSets = Promise.withResolvers<ParameterSets | undefined>();
  readonly #packetiser: H264Packetiser;
  readonly #firstTimestamp: number;

  constructor() {
    const [ssrc, sequence, timestamp] = crypto.getRandomValues(new Uint32Array(3));
    this.#packetiser = new H264Packetiser({ ssrc: ssrc!, sequence: sequence! & 0xffff });
    this.#firstTimestamp = timestamp!;
  }

  /** Known from the first key frame on; undefined when the stream ended before. */
  get parameterSets(): Promise<ParameterSets | undefined> {
    return this.#parameterSets.promise;
  }

  packetise(unit: AccessUnit, seconds: number): Uint8Array[] {
    const find = (type: number) => unit.nals.find((nal) => nalType(nal) === type);
    const sequence = find(NAL_TYPE.sequenceParameters);
    const picture = find(NAL_TYPE.pictureParameters);
    if (sequence && picture) this.#parameterSets.resolve({ sequence, picture });
    const ticks = Math.round(seconds * CLOCK_RATE);
    return this.#packetiser.packetise(unit.nals, this.#firstTimestamp + ticks);
  }

  end(): void {
    this.#parameterSets.resolve(undefined);
  }
}
