import {
  formatResponse,
  formatStatus,
  RtspRequestReader,
  type RtspStatus,
  RtspSyntaxError,
} from "./message.ts";
import { interleave } from "./rtp.ts";
import { RtspSession, type StreamOffer } from "./session.ts";

/** What a connection asks of its camera. */
export interface CameraService extends StreamOffer {
  /** Resolves when requests are answered: at once unless the camera is stalled. */
  awake(): Promise<void>;
  /** Takes what a client did, such as "plays" or "left". */
  note(client: string, what: string): void;
}

/**
 * What a client may lag behind before it is cut, in bytes: several seconds of a camera's stream, on
 * top of what the system's socket buffers hold.
 */
const MOST_BACKLOG_BYTES = 4 << 20;

/** One client of the camera, over one TCP connection: its requests, and packets in between. */
export class RtspConnection {
  readonly #socket: Deno.TcpConn;
  readonly #service: CameraService;
  readonly #session: RtspSession;
  readonly #client: string;
  readonly #backlog: Uint8Array[] = [];
  #backlogBytes = 0;
  #writing: Promise<void> | undefined;
  #isClosed = false;
  /** Where packets go, as the client was told; undefined while it wants none. */
  #channel: number | undefined;
  /** The answer to the last request, where it was no good one. */
  #refusal: RtspStatus | undefined;
  /** A decoder can begin at a key frame only. */
  #awaitsKey = true;

  /** Takes over a connection; `run` serves it. */
  constructor(socket: Deno.TcpConn, service: CameraService) {
    this.#socket = socket;
    this.#service = service;
    this.#session = new RtspSession(service);
    const { hostname, port } = socket.remoteAddr;
    this.#client = `${hostname}:${port}`;
  }

  /** Answers requests until either side closes; never rejects. */
  async run(): Promise<void> {
    try {
      await this.#serve();
      const refusal = this.#refusal;
      this.close(refusal === undefined ? "left" : `left after ${formatStatus(refusal)}`);
    } catch (error) {
      if (error instanceof RtspSyntaxError) {
        this.#send(formatResponse({ status: 400 }, undefined));
        await this.#writing;
        this.close(`refused: ${error.message}`);
      } else {
        this.close("left"); // without a word
      }
    }
  }

  /** Sends the packets of a picture where they are wanted, from the first key frame on. */
  deliver(packets: readonly Uint8Array[], isKey: boolean): void {
    if (this.#channel === undefined || (this.#awaitsKey && !isKey)) return;
    this.#awaitsKey = false;
    this.#send(interleave(packets, this.#channel));
  }

  /** What follows does not continue what was sent: the next packets are a key frame's. */
  interrupt(): void {
    this.#awaitsKey = true;
  }

  /** Cuts the connection; what is not sent yet is lost. Safe to call twice. */
  close(reason: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#backlog.length = 0;
    this.#socket.close();
    this.#service.note(this.#client, reason);
  }

  async #serve(): Promise<void> {
    const reader = new RtspRequestReader();
    const bytes = new Uint8Array(4096);
    for (let length; (length = await this.#socket.read(bytes)) !== null;) {
      for (const request of reader.push(bytes.subarray(0, length))) {
        await this.#service.awake();
        const response = await this.#session.answer(request);
        if (this.#isClosed) return; // meanwhile
        this.#send(formatResponse(response, request.headers.get("cseq")));
        this.#channel = this.#session.playingOn; // from here on: no packet goes before the answer
        this.#refusal = response.status === 200 ? undefined : response.status;
        if (request.method === "PLAY" && response.status === 200) {
          this.#awaitsKey = true;
          this.#service.note(this.#client, "plays");
        }
      }
    }
  }

  #send(bytes: Uint8Array): void {
    if (this.#isClosed) return;
    if (this.#backlogBytes + bytes.length > MOST_BACKLOG_BYTES) {
      this.close("cut: it reads too slowly");
      return;
    }
    this.#backlog.push(bytes);
    this.#backlogBytes += bytes.length;
    this.#writing ??= this.#write();
  }

  /** Writes the backlog, in order; ends when there is none. */
  async #write(): Promise<void> {
    try {
      for (let bytes; (bytes = this.#backlog.shift()) !== undefined;) {
        for (let at = 0; at < bytes.length;) {
          at += await this.#socket.write(bytes.subarray(at));
        }
        this.#backlogBytes -= bytes.length;
      }
    } catch {
      this.close("left");
    }
    this.#writing = undefined;
  }
}
