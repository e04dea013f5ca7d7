import { requestedPath } from "./address.ts";
import { challenges, type Credentials, isAuthorised } from "./credentials.ts";
import type { RtspRequest, RtspResponse } from "./message.ts";
import { TRACK } from "./sdp.ts";

/** What a session asks of its camera. */
export interface StreamOffer {
  /** Path and query of the only stream. */
  readonly path: string;
  /** Who may look; everyone when undefined. */
  readonly credentials: Credentials | undefined;
  /** The session description once there is one; undefined when the camera goes off before. */
  describe(): Promise<string | undefined>;
}

const METHODS =
  "OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, GET_PARAMETER, SET_PARAMETER, TEARDOWN" as const;

/**
 * How one client's requests are answered: RFC 2326, for one live stream whose packets travel in the
 * connection itself. UDP is refused, whereupon clients ask for TCP.
 */
export class RtspSession {
  readonly #offer: StreamOffer;
  readonly #nonce = crypto.getRandomValues(new Uint8Array(16)).toHex();
  readonly #id = crypto.getRandomValues(new Uint8Array(4)).toHex();
  #channel: number | undefined;
  #isPlaying = false;

  /** Makes the session of one connection. */
  constructor(offer: StreamOffer) {
    this.#offer = offer;
  }

  /** Which interleaved channel the client wants packets on now; undefined while it wants none. */
  get playingOn(): number | undefined {
    return this.#isPlaying ? this.#channel : undefined;
  }

  /** Answers one request. */
  async answer(request: RtspRequest): Promise<RtspResponse> {
    if (request.method === "OPTIONS") return { status: 200, headers: [["Public", METHODS]] };
    const { credentials, path } = this.#offer;
    if (credentials !== undefined && !isAuthorised(request, credentials, this.#nonce)) {
      return { status: 401, headers: challenges(this.#nonce) };
    }
    // Some players name the stream alone, some with a slash, and in SETUP the track behind it.
    const asked = requestedPath(request.uri);
    if (![path, `${path}/`, `${path}/${TRACK}`].includes(asked ?? "")) return { status: 404 };
    switch (request.method) {
      case "DESCRIBE":
        return await this.#describe(request);
      case "SETUP":
        return this.#setUp(request);
      case "PLAY":
      case "PAUSE":
      case "TEARDOWN":
        return this.#control(request);
      case "GET_PARAMETER":
      case "SET_PARAMETER":
        return this.#withSession(); // how clients say that they are still there
      default:
        return { status: 405, headers: [["Allow", METHODS]] };
    }
  }

  async #describe(request: RtspRequest): Promise<RtspResponse> {
    const body = await this.#offer.describe();
    if (body === undefined) return { status: 503 };
    const base = `${request.uri.replace(/\/$/, "")}/`;
    return {
      status: 200,
      headers: [["Content-Base", base], ["Content-Type", "application/sdp"]],
      body,
    };
  }

  #setUp({ headers }: RtspRequest): RtspResponse {
    if (this.#isPlaying) return { status: 455 };
    const channel = interleavedChannel(headers.get("transport") ?? "");
    if (channel === undefined) return { status: 461 };
    this.#channel = channel;
    const transport = `RTP/AVP/TCP;unicast;interleaved=${channel}-${channel + 1}`;
    return this.#withSession([["Transport", transport]]);
  }

  #control({ method, headers }: RtspRequest): RtspResponse {
    // The id may be followed by its timeout.
    const id = headers.get("session")?.split(";")[0]?.trim();
    if (this.#channel === undefined || id !== this.#id) return { status: 454 };
    this.#isPlaying = method === "PLAY";
    if (method === "TEARDOWN") this.#channel = undefined;
    return this.#withSession(method === "PLAY" ? [["Range", "npt=now-"]] : []);
  }

  #withSession(headers: RtspResponse["headers"] = []): RtspResponse {
    return { status: 200, headers: [["Session", this.#id], ...headers] };
  }
}

/**
 * The first channel of the first transport that is TCP: "RTP/AVP/TCP;unicast;interleaved=0-1".
 * Undefined where none is.
 */
function interleavedChannel(transports: string): number | undefined {
  const tcp = transports.split(",").map((each) => each.trim().toLowerCase())
    .find((each) => each.startsWith("rtp/avp/tcp"));
  if (tcp === undefined) return undefined;
  const channel = Number(/;interleaved=(\d+)/.exec(tcp)?.[1] ?? 0);
  return channel < 255 ? channel : undefined;
}
