/** The secret that opens a page which other machines can reach. */
import { createHash, timingSafeEqual } from "node:crypto";

/** A new token: 144 random bits, as 24 characters that need no escaping in a URL. */
export function createToken(): string {
  return crypto.getRandomValues(new Uint8Array(18)).toBase64({ alphabet: "base64url" });
}

/** Makes a comparison with `token` that takes as long for a near miss as for a far one. */
export function tokenMatcher(token: string): (given: string) => boolean {
  const wanted = digest(token);
  return (given) => timingSafeEqual(digest(given), wanted);
}

/** Of one length whatever the text's, as the comparison wants it. */
function digest(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}
