/**
 * Lets ffmpeg read objects: a server on this machine's loopback that signs each request and hands it
 * on. So ffmpeg seeks in an object as in a file, and neither keys nor signed URLs are in its arguments.
 */
import type { S3Client } from "@bradenmacdonald/s3-lite-client";
import { isMissing, type S3Name } from "./s3_access.ts";

/** What is handed on of the store's answer. */
const HEADERS = ["content-length", "content-range", "content-type", "etag", "accept-ranges"];

/** A running gateway. */
export interface S3Gateway {
  /** The URL of an object. */
  urlOf(name: S3Name): string;
  /** The same text with the names of objects in place of their URLs. */
  withNames(text: string): string;
  close(): Promise<void>;
}

/** Starts a gateway on a port of the system's choice. */
export function startS3Gateway(client: S3Client): S3Gateway {
  // Other users of this machine can connect, and cannot guess this.
  const secret = crypto.randomUUID();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => serve(client, request, `/${secret}/`),
  );
  const base = `http://127.0.0.1:${server.addr.port}/${secret}/`;
  return {
    urlOf: ({ bucketName, key }) =>
      base + [bucketName, ...key.split("/")].map(encodeURIComponent).join("/"),
    withNames: (text) => text.replaceAll(base, "s3://"),
    close: () => server.shutdown(),
  };
}

async function serve(client: S3Client, request: Request, prefix: string): Promise<Response> {
  const { pathname } = new URL(request.url);
  if (!pathname.startsWith(prefix)) return new Response("Not found", { status: 404 });
  const [bucketName = "", ...rest] = pathname.slice(prefix.length).split("/")
    .map(decodeURIComponent);
  const range = request.headers.get("range");
  try {
    const response = await client.makeRequest({
      method: "GET",
      bucketName,
      objectName: rest.join("/"),
      headers: new Headers(range === null ? {} : { range }),
      statusCode: range === null ? 200 : 206,
      returnBody: true,
    });
    const headers = new Headers();
    for (const name of HEADERS) {
      const value = response.headers.get(name);
      if (value !== null) headers.set(name, value);
    }
    return new Response(response.body, { status: response.status, headers });
  } catch (error) {
    return new Response("Not to be read", { status: isMissing(error) ? 404 : 502 });
  }
}
