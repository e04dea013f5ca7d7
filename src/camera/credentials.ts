/** The camera's password: HTTP's Basic and Digest, as RTSP uses them (RFC 2617). */
import { createHash } from "node:crypto";
import type { RtspRequest } from "./message.ts";

/** Who may look. */
export interface Credentials {
  /** Without a colon. */
  readonly user: string;
  /** In the clear: a test camera has no secrets. */
  readonly password: string;
}

const REALM = "segstream camera";

/** What a refused client is offered, as headers; `nonce` is made for its connection. */
export function challenges(nonce: string): readonly (readonly [string, string])[] {
  return [
    ["WWW-Authenticate", `Digest realm="${REALM}", nonce="${nonce}"`],
    ["WWW-Authenticate", `Basic realm="${REALM}"`],
  ];
}

/** Whether a request proves that its sender knows the password. */
export function isAuthorised(
  request: RtspRequest,
  credentials: Credentials,
  nonce: string,
): boolean {
  const [, scheme = "", rest = ""] =
    /^(\w+)\s+(.*)$/.exec(request.headers.get("authorization") ?? "") ??
      [];
  if (scheme.toLowerCase() === "basic") return isBasic(rest, credentials);
  if (scheme.toLowerCase() === "digest") return isDigest(rest, request.method, credentials, nonce);
  return false;
}

function isBasic(encoded: string, { user, password }: Credentials): boolean {
  return encoded.trim() === new TextEncoder().encode(`${user}:${password}`).toBase64();
}

/** Without `qop`, as cameras do it: MD5(MD5(user:realm:password):nonce:MD5(method:uri)). */
function isDigest(
  text: string,
  method: string,
  { user, password }: Credentials,
  nonce: string,
): boolean {
  const fields = new Map(
    Array.from(text.matchAll(/(\w+)=(?:"([^"]*)"|([^\s,]+))/g), ([, name, quoted, bare]) => [
      name!,
      quoted ?? bare!,
    ]),
  );
  if (fields.get("nonce") !== nonce || fields.get("username") !== user) return false;
  const secret = md5(`${user}:${REALM}:${password}`);
  const proof = md5(`${secret}:${nonce}:${md5(`${method}:${fields.get("uri")}`)}`);
  return fields.get("response") === proof;
}

function md5(text: string): string {
  return createHash("md5").update(text).digest("hex");
}
