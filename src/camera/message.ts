/** RTSP 1.0 messages (RFC 2326): requests in, responses out. */

/** A request, without its body. */
export interface RtspRequest {
  /** In upper case. */
  readonly method: string;
  /** As sent: an absolute URL, or "*". */
  readonly uri: string;
  /** By name in lower case; the last one of a name. */
  readonly headers: ReadonlyMap<string, string>;
}

/** What a client sent is no RTSP, or more than a camera takes. */
export class RtspSyntaxError extends Error {
  /** The class. */
  override readonly name = "RtspSyntaxError";
}

/** The status codes that the camera answers with. */
export type RtspStatus = 200 | 400 | 401 | 404 | 405 | 454 | 455 | 461 | 503;

/** What a status line says behind the code. */
const REASONS: Readonly<Record<RtspStatus, string>> = {
  200: "OK",
  400: "Bad Request",
  401: "Unauthorized",
  404: "Not Found",
  405: "Method Not Allowed",
  454: "Session Not Found",
  455: "Method Not Valid in This State",
  461: "Unsupported Transport",
  503: "Service Unavailable",
};

/** A response. */
export interface RtspResponse {
  /** The code. */
  readonly status: RtspStatus;
  /** Without CSeq and Content-Length. */
  readonly headers?: readonly (readonly [name: string, value: string])[];
  /** Without it the response has no content. */
  readonly body?: string;
}

/** Bytes of a request's lines; a player sends some hundred. */
const MOST_HEAD_BYTES = 8192;

/** Bytes of a request's body, which is skipped. */
const MOST_BODY_BYTES = 65_536;

const DOLLAR = 0x24;
const [CR, LF] = [0x0d, 0x0a];

/**
 * Takes what a client sends in pieces of any length and gives the requests that are complete.
 * Bodies and the packets that clients send between requests (RTCP reports) are skipped.
 */
export class RtspRequestReader {
  #rest = new Uint8Array(0);
  #skipBytes = 0;

  /**
   * Takes the next piece, which is copied.
   *
   * @throws {RtspSyntaxError} If it is no RTSP, or a request is too long; nothing after it is read.
   */
  push(piece: Uint8Array): RtspRequest[] {
    const bytes = new Uint8Array(this.#rest.length + piece.length);
    bytes.set(this.#rest);
    bytes.set(piece, this.#rest.length);
    const requests: RtspRequest[] = [];
    let at = 0;
    for (;;) {
      const skipped = Math.min(this.#skipBytes, bytes.length - at);
      at += skipped;
      this.#skipBytes -= skipped;
      while (bytes[at] === CR || bytes[at] === LF) at++;
      const length = bytes[at] === DOLLAR
        ? this.#readPacket(bytes.subarray(at))
        : this.#readRequest(bytes.subarray(at), requests);
      if (length === undefined) break;
      at += length;
    }
    this.#rest = bytes.slice(at);
    return requests;
  }

  /** How many bytes were taken; undefined when there are too few. */
  #readPacket(bytes: Uint8Array): number | undefined {
    if (bytes.length < 4) return undefined;
    this.#skipBytes = (bytes[2]! << 8) | bytes[3]!;
    return 4;
  }

  #readRequest(bytes: Uint8Array, requests: RtspRequest[]): number | undefined {
    const length = headLength(bytes);
    if ((length ?? bytes.length) > MOST_HEAD_BYTES) {
      throw new RtspSyntaxError(`a request is longer than ${MOST_HEAD_BYTES} bytes`);
    }
    if (length === undefined) return undefined;
    const request = parseRequest(new TextDecoder("latin1").decode(bytes.subarray(0, length)));
    this.#skipBytes = bodyLength(request);
    requests.push(request);
    return length;
  }
}

/** The bytes of a response; `sequence` is the request's CSeq. */
export function formatResponse(response: RtspResponse, sequence: string | undefined): Uint8Array {
  const { status, headers = [], body } = response;
  const content = new TextEncoder().encode(body);
  const lines = [
    `RTSP/1.0 ${status} ${REASONS[status]}`,
    ...(sequence === undefined ? [] : [`CSeq: ${sequence}`]),
    ...headers.map(([name, value]) => `${name}: ${value}`),
    ...(body === undefined ? [] : [`Content-Length: ${content.length}`]),
  ];
  const head = new TextEncoder().encode(`${lines.join("\r\n")}\r\n\r\n`);
  const bytes = new Uint8Array(head.length + content.length);
  bytes.set(head);
  bytes.set(content, head.length);
  return bytes;
}

/** "401 Unauthorized". */
export function formatStatus(status: RtspStatus): string {
  return `${status} ${REASONS[status]}`;
}

/** Up to and with the empty line; a line may end without a carriage return. */
function headLength(bytes: Uint8Array): number | undefined {
  for (let at = bytes.indexOf(LF); at !== -1; at = bytes.indexOf(LF, at + 1)) {
    if (bytes[at + 1] === LF) return at + 2;
    if (bytes[at + 1] === CR && bytes[at + 2] === LF) return at + 3;
  }
  return undefined;
}

function parseRequest(text: string): RtspRequest {
  const [first = "", ...lines] = text.split(/\r?\n/);
  const [, method, uri] = /^([A-Z_]+) (\S+) RTSP\/1\.\d$/.exec(first) ?? [];
  if (method === undefined || uri === undefined) throw new RtspSyntaxError("it is no RTSP request");
  const headers = new Map<string, string>();
  for (const line of lines.filter((line) => line !== "")) {
    const colon = line.indexOf(":");
    if (colon < 1) throw new RtspSyntaxError("a header has no colon");
    headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  return { method, uri, headers };
}

function bodyLength({ headers }: RtspRequest): number {
  const text = headers.get("content-length") ?? "0";
  const length = Number(text);
  if (/^\d+$/.test(text) && length <= MOST_BODY_BYTES) return length;
  throw new RtspSyntaxError(`a body's length is not a number up to ${MOST_BODY_BYTES}`);
}
