import { answerOf } from "./installed.ts";
import type { Certificate } from "./tcp_proxy.ts";
import { temporaryDirectory } from "./temporary.ts";

/** Whether {@link makeCertificate} can make one. */
export const hasOpenssl: boolean = await answerOf("openssl", ["version"]) !== undefined;

/** The reason for skipping a test where {@link hasOpenssl} is false. */
export const OPENSSL_MISSING = "openssl is not installed";

/** A certificate for 127.0.0.1 that nobody vouches for, as cameras have them. */
export async function makeCertificate(): Promise<Certificate> {
  await using folder = await temporaryDirectory();
  const [cert, key] = [folder.join("cert.pem"), folder.join("key.pem")];
  const made = await answerOf("openssl", [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"],
    ...["-subj", "/CN=127.0.0.1", "-days", "2", "-keyout", key, "-out", cert],
  ]);
  if (made === undefined) throw new Error("openssl made no certificate");
  return { cert: await Deno.readTextFile(cert), key: await Deno.readTextFile(key) };
}
