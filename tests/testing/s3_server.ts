/** An S3-compatible store of a test's own: what the farm asks of one, checked as a real one does. */
import { createHash, createHmac } from "node:crypto";

/** The only login that it takes. */
export const S3_LOGIN = { accessKey: "test-key", secretKey: "test-secret", region: "us-east-1" };

/** A running store. Dispose of it (`await using`). */
export interface TestS3 extends AsyncDisposable {
  readonly url: string;
  /** Objects by "bucket/key". */
  readonly objects: ReadonlyMap<string, Uint8Array>;
  /** How many parts were uploaded. */
  readonly parts: number;
  /** Requests refused for their signature or their checksum. */
  readonly refused: number;
  /** Answers the next write of a name that matches with 503, once. */
  failOnce(name: RegExp): void;
}

/** Starts a store on a port of the system's choice. */
export function startS3(): TestS3 {
  const store = new Store();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => store.answer(request),
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    objects: store.objects,
    get parts() {
      return store.parts;
    },
    get refused() {
      return store.refused;
    },
    failOnce: (name) => store.failing = name,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

class Store {
  readonly objects = new Map<string, Uint8Array<ArrayBuffer>>();
  readonly #uploads = new Map<string, Map<number, Uint8Array<ArrayBuffer>>>();
  parts = 0;
  refused = 0;
  failing: RegExp | undefined;

  async answer(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const name = decodeURIComponent(url.pathname.slice(1));
    const body = new Uint8Array(await request.arrayBuffer());
    const wrong = faultOf(request, url, body);
    if (wrong !== undefined) {
      this.refused++;
      return failure(403, wrong);
    }
    if (this.failing?.test(name) && ["PUT", "POST"].includes(request.method)) {
      this.failing = undefined;
      return failure(503, "SlowDown");
    }
    const query = url.searchParams;
    switch (request.method) {
      case "PUT":
        return query.has("uploadId") ? this.#putPart(query, body) : this.#put(name, body);
      case "POST":
        return query.has("uploads") ? this.#begin() : this.#complete(name, query.get("uploadId")!);
      case "DELETE":
        this.objects.delete(name);
        return new Response(null, { status: 204 });
      default:
        return query.has("list-type") ? this.#list(name, query) : this.#get(name, request);
    }
  }

  #put(name: string, body: Uint8Array<ArrayBuffer>): Response {
    this.objects.set(name, body);
    return new Response(null, { headers: { etag: etag(body) } });
  }

  #begin(): Response {
    const id = crypto.randomUUID();
    this.#uploads.set(id, new Map());
    return xml(
      `<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`,
    );
  }

  #putPart(query: URLSearchParams, body: Uint8Array<ArrayBuffer>): Response {
    this.#uploads.get(query.get("uploadId")!)!.set(Number(query.get("partNumber")), body);
    this.parts++;
    return new Response(null, { headers: { etag: etag(body) } });
  }

  async #complete(name: string, id: string): Promise<Response> {
    const parts = [...this.#uploads.get(id)!].toSorted(([a], [b]) => a - b);
    const whole = await new Blob(parts.map(([, part]) => part)).bytes();
    this.objects.set(name, whole);
    return xml(
      `<CompleteMultipartUploadResult><ETag>${etag(whole)}</ETag></CompleteMultipartUploadResult>`,
    );
  }

  #get(name: string, request: Request): Response {
    const body = this.objects.get(name);
    if (body === undefined) return failure(404, "NoSuchKey");
    const date = new Date(0).toUTCString();
    const headers = { etag: etag(body), "last-modified": date, "accept-ranges": "bytes" };
    const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.get("range") ?? "") ?? [];
    const content = request.method === "HEAD" ? null : body;
    if (from === undefined) {
      return new Response(content, { headers: { ...headers, "content-length": `${body.length}` } });
    }
    const start = Number(from);
    const end = Math.min(to === "" ? body.length - 1 : Number(to), body.length - 1);
    if (start > end) return failure(416, "InvalidRange");
    return new Response(body.slice(start, end + 1), {
      status: 206,
      headers: { ...headers, "content-range": `bytes ${start}-${end}/${body.length}` },
    });
  }

  #list(path: string, query: URLSearchParams): Response {
    const bucket = path.replace(/\/$/, "");
    const prefix = `${bucket}/${query.get("prefix") ?? ""}`;
    const entries = [...this.objects].filter(([name]) => name.startsWith(prefix)).map((
      [name, body],
    ) =>
      `<Contents><Key>${name.slice(bucket.length + 1)}</Key><Size>${body.length}</Size>` +
      `<LastModified>2020-01-01T00:00:00.000Z</LastModified><ETag>${etag(body)}</ETag></Contents>`
    );
    return xml(
      `<ListBucketResult><IsTruncated>false</IsTruncated>${entries.join("")}</ListBucketResult>`,
    );
  }
}

/**
 * What is wrong with a request's signature or its checksum (AWS Signature Version 4, "Create a signed
 * AWS API request"); undefined where nothing is.
 */
function faultOf(request: Request, url: URL, body: Uint8Array): string | undefined {
  const { headers } = request;
  const sum = createHash("sha256").update(body).digest("hex");
  if (headers.get("x-amz-content-sha256") !== sum) return "XAmzContentSHA256Mismatch";
  const [, key, day, region, signed = "", signature] =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d+)\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=(\w+)$/
      .exec(headers.get("authorization") ?? "") ?? [];
  if (key !== S3_LOGIN.accessKey || region !== S3_LOGIN.region) return "InvalidAccessKeyId";
  const query = [...url.searchParams].map(([name, value]) =>
    `${encodeURIComponent(name)}=${encodeURIComponent(value)}`
  ).toSorted().join("&");
  const canonical = [
    request.method,
    url.pathname.split("/").map((part) => encodeURIComponent(decodeURIComponent(part))).join("/"),
    query,
    ...signed.split(";").map((name) => `${name}:${(headers.get(name) ?? "").trim()}`),
    "",
    signed,
    sum,
  ].join("\n");
  const text = [
    "AWS4-HMAC-SHA256",
    headers.get("x-amz-date"),
    `${day}/${region}/s3/aws4_request`,
    createHash("sha256").update(canonical).digest("hex"),
  ].join("\n");
  const sign = (secret: string | Uint8Array, data: string) =>
    createHmac("sha256", secret).update(data).digest();
  const dayKey = sign(`AWS4${S3_LOGIN.secretKey}`, day!);
  const signing = sign(sign(sign(dayKey, region!), "s3"), "aws4_request");
  return sign(signing, text).toString("hex") === signature ? undefined : "SignatureDoesNotMatch";
}

function etag(body: Uint8Array): string {
  return `"${createHash("md5").update(body).digest("hex")}"`;
}

function xml(body: string): Response {
  return new Response(`<?xml version="1.0"?>${body}`, { headers: { "content-type": "text/xml" } });
}

function failure(status: number, code: string): Response {
  return new Response(
    `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`,
    { status, headers: { "content-type": "application/xml" } },
  );
}
