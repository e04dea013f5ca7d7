import { parseInterleaved, type RtpPacket } from "./packets.ts";

/** A response, its headers by name in lower case. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/** An RTSP client that sends what it is told and shows all that comes back. */
export class RtspClient implements Disposable {
  /** The camera's. */
  readonly url: string;
  readonly #socket: Deno.TcpConn;
  /** What came and was not taken yet. */
  #bytes = new Uint8Array(0);
  #sequence = 0;

  private constructor(socket: Deno.TcpConn, url: string) {
    this.#socket = socket;
    this.url = url;
  }

  static async connect(url: string): Promise<RtspClient> {
    const { hostname, port } = new URL(url);
    return new RtspClient(await Deno.connect({ hostname, port: Number(port) }), url);
  }

  /** Sends a request for the camera's URL and waits for the answer; packets before it are lost. */
  async request(
    method: string,
    headers: Readonly<Record<string, string>> = {},
    url: string = this.url,
  ): Promise<Answer> {
    const lines = [`${method} ${url} RTSP/1.0`, `CSeq: ${++this.#sequence}`];
    for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
    await this.send(`${lines.join("\r\n")}\r\n\r\n`);
    return await this.answer();
  }

  async send(text: string): Promise<void> {
    await this.#socket.write(new TextEncoder().encode(text));
  }

  /** The next answer, whatever was asked; packets before it are lost. */
  async answer(): Promise<Answer> {
    while ((await this.#peek(1))[0] === 0x24) await this.packet();
    let length = 4;
    for (; !text(await this.#peek(length)).endsWith("\r\n\r\n"); length++);
    const [first = "", ...lines] = text(await this.#take(length)).trim().split("\r\n");
    const headers = new Headers();
    for (const line of lines) {
      const colon = line.indexOf(":");
      headers.append(line.slice(0, colon), line.slice(colon + 1).trim());
    }
    const body = text(await this.#take(Number(headers.get("content-length") ?? 0)));
    return { status: Number(first.split(" ")[1]), headers, body };
  }

  /** SETUP and PLAY; gives the session's id. */
  async play(): Promise<string> {
    const transport = "RTP/AVP/TCP;unicast;interleaved=0-1";
    const { headers } = await this.request("SETUP", { transport }, `${this.url}/track1`);
    const session = headers.get("session")!;
    const { status } = await this.request("PLAY", { session });
    if (status !== 200) throw new Error(`PLAY was answered ${status}`);
    return session;
  }

  async packet(): Promise<RtpPacket> {
    const head = await this.#peek(4);
    if (head[0] !== 0x24) throw new Error("an answer came, and no packet");
    return parseInterleaved(await this.#take(4 + ((head[2]! << 8) | head[3]!)))[0]!;
  }

  /** The packets of the next picture. */
  async picture(): Promise<RtpPacket[]> {
    const packets: RtpPacket[] = [];
    do packets.push(await this.packet()); while (!packets.at(-1)!.isLast);
    return packets;
  }

  /** Resolves when the camera has closed the connection. */
  async closed(): Promise<void> {
    const bytes = new Uint8Array(65_536);
    try {
      while (await this.#socket.read(bytes) !== null);
    } catch (error) {
      if (!(error instanceof Deno.errors.ConnectionReset)) throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#socket.close();
  }

  async #take(length: number): Promise<Uint8Array> {
    const taken = await this.#peek(length);
    this.#bytes = this.#bytes.slice(length);
    return taken;
  }

  async #peek(length: number): Promise<Uint8Array> {
    const piece = new Uint8Array(65_536);
    while (this.#bytes.length < length) {
      const count = await this.#socket.read(piece);
      if (count === null) throw new Error("the camera closed the connection");
      this.#bytes = Uint8Array.of(...this.#bytes, ...piece.subarray(0, count));
    }
    return this.#bytes.slice(0, length);
  }
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
