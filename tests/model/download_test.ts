import assert from "node:assert/strict";
import { ModelError } from "../../src/errors.ts";
import { openModel } from "../../src/model/any_model.ts";
import { type DownloadProgress, fetchModel, isDownload } from "../../src/model/download.ts";
import { encodeSafetensors } from "../../src/model/safetensors_writer.ts";
import { type TemporaryDirectory, temporaryDirectory } from "../testing/temporary.ts";
import { randomWeights } from "./random_weights.ts";

const FILE = encodeSafetensors(randomWeights(7));
const SHA256 = new Uint8Array(await crypto.subtle.digest("SHA-256", FILE)).toHex();

/** What a server does with a request, by its number from 0; undefined cuts the connection at once. */
type Behaviour = (request: number, from: number) => {
  readonly status?: number;
  /** First and last byte that are sent; the rest was promised and does not come. */
  readonly start?: number;
  readonly end?: number;
  readonly file?: Uint8Array<ArrayBuffer>;
};

interface Server extends AsyncDisposable {
  readonly url: string;
  /** The Range of each request; "" for none. */
  readonly ranges: readonly string[];
}

/** Serves FILE over bare TCP, so that a connection can be cut in the middle of a body. */
function serve(behave: Behaviour): Server {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const ranges: string[] = [];
  const answer = async (connection: Deno.Conn) => {
    using open = connection;
    const head = await readHead(open);
    const range = /^range: bytes=(\d+)-/im.exec(head)?.[1];
    ranges.push(range ?? "");
    const from = Number(range ?? 0);
    const { status = range === undefined ? 200 : 206, file = FILE, start = from, end } = behave(
      ranges.length - 1,
      from,
    );
    const lines = [
      `HTTP/1.1 ${status} X`,
      `content-length: ${status < 300 ? file.length - start : 0}`,
      ...(status === 206
        ? [`content-range: bytes ${start}-${file.length - 1}/${file.length}`]
        : []),
      ...(status === 416 ? [`content-range: bytes */${file.length}`] : []),
      "connection: close",
    ];
    await write(open, new TextEncoder().encode(`${lines.join("\r\n")}\r\n\r\n`));
    if (status < 300) await write(open, file.subarray(start, end));
  };
  const accept = async () => {
    const answers: Promise<void>[] = [];
    for await (const connection of listener) answers.push(answer(connection).catch(() => {}));
    await Promise.all(answers);
  };
  const done = accept();
  const { port } = listener.addr as Deno.NetAddr;
  return {
    url: `http://127.0.0.1:${port}/weights/net.safetensors`,
    ranges,
    async [Symbol.asyncDispose]() {
      listener.close();
      await done;
    },
  };
}

async function readHead(connection: Deno.Conn): Promise<string> {
  const buffer = new Uint8Array(4096);
  let head = "";
  while (!head.includes("\r\n\r\n")) {
    const count = await connection.read(buffer);
    if (count === null) break;
    head += new TextDecoder().decode(buffer.subarray(0, count));
  }
  return head;
}

async function write(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let offset = 0; offset < bytes.length;) {
    offset += await connection.write(bytes.subarray(offset));
  }
}

function filesIn(directory: TemporaryDirectory): string[] {
  return [...Deno.readDirSync(directory.path)].map(({ name }) => name);
}

const reference = (server: Server, sha256 = SHA256) => `net@${server.url}#${sha256}`;

Deno.test("fetchModel() downloads once, with progress, and openModel() loads it", async () => {
  await using server = serve(() => ({}));
  await using directory = await temporaryDirectory();
  const seen: DownloadProgress[] = [];
  const options = {
    cache: directory.path,
    onProgress: (name: string, progress: DownloadProgress) => {
      assert.equal(name, "net");
      seen.push(progress);
    },
  };
  const path = await fetchModel(reference(server), options);
  assert.deepEqual(await Deno.readFile(path), FILE);
  assert.deepEqual(seen.at(-1), { received: FILE.length, total: FILE.length });
  assert.ok(seen.every(({ received }, i) => i === 0 || received > seen[i - 1]!.received));
  const model = await openModel(reference(server), options);
  assert.equal(model.classes.length, 19);
  assert.equal(server.ranges.length, 1);
  assert.equal(filesIn(directory).length, 1);
});

Deno.test("fetchModel() goes on where the connection was cut", async () => {
  const cuts = [1000, 500_000, FILE.length - 1];
  await using server = serve((request) => request < 3 ? { end: cuts[request]! } : {});
  await using directory = await temporaryDirectory();
  const path = await fetchModel(reference(server), { cache: directory.path });
  assert.deepEqual(await Deno.readFile(path), FILE);
  assert.deepEqual(server.ranges, ["", ...cuts.map(String)]);
});

Deno.test("fetchModel() goes on with what an earlier run left", async () => {
  await using server = serve(() => ({}));
  await using directory = await temporaryDirectory();
  const part = directory.join(`net-${SHA256.slice(0, 16)}.safetensors.part`);
  await Deno.writeFile(part, FILE.subarray(0, 70_000));
  const path = await fetchModel(reference(server), { cache: directory.path });
  assert.deepEqual(await Deno.readFile(path), FILE);
  assert.deepEqual(server.ranges, ["70000"]);
});

Deno.test("fetchModel() begins anew, when the server knows no ranges", async () => {
  await using server = serve((request) =>
    request === 0 ? { end: 5000 } : { status: 200, start: 0 }
  );
  await using directory = await temporaryDirectory();
  const path = await fetchModel(reference(server), { cache: directory.path });
  assert.deepEqual(await Deno.readFile(path), FILE);
});

Deno.test("fetchModel() finishes, when all bytes are there already", async () => {
  await using server = serve(() => ({ status: 416 }));
  await using directory = await temporaryDirectory();
  await Deno.writeFile(directory.join(`net-${SHA256.slice(0, 16)}.safetensors.part`), FILE);
  const path = await fetchModel(reference(server), { cache: directory.path });
  assert.deepEqual(await Deno.readFile(path), FILE);
});

Deno.test("fetchModel() downloads again what was changed in the cache", async () => {
  await using server = serve(() => ({}));
  await using directory = await temporaryDirectory();
  const path = await fetchModel(reference(server), { cache: directory.path });
  await Deno.writeFile(path, FILE.subarray(8));
  assert.equal(await fetchModel(reference(server), { cache: directory.path }), path);
  assert.deepEqual(await Deno.readFile(path), FILE);
});

Deno.test("fetchModel() downloads once, when two ask at the same time", async () => {
  await using server = serve(() => ({}));
  await using directory = await temporaryDirectory();
  const options = { cache: directory.path };
  const paths = await Promise.all([
    fetchModel(reference(server), options),
    fetchModel(reference(server), options),
  ]);
  assert.equal(paths[0], paths[1]);
  assert.equal(server.ranges.length, 1);
  assert.equal(filesIn(directory).length, 1);
});

Deno.test("fetchModel() downloads itself, when the one that it waited for fails", async () => {
  await using server = serve((request) => ({ status: request === 0 ? 404 : 200 }));
  await using directory = await temporaryDirectory();
  const options = { cache: directory.path };
  const results = await Promise.allSettled([
    fetchModel(reference(server), options),
    fetchModel(reference(server), options),
  ]);
  const [path] = results.flatMap((result) => result.status === "fulfilled" ? result.value : []);
  const [reason] = results.flatMap((result) => result.status === "rejected" ? result.reason : []);
  assert.match(reason.message, /404/);
  assert.deepEqual(await Deno.readFile(path!), FILE);
  assert.equal(filesIn(directory).length, 1);
});

Deno.test("fetchModel() leaves nothing, when the digest is another", async () => {
  await using server = serve(() => ({}));
  await using directory = await temporaryDirectory();
  const wrong = "0".repeat(64);
  await assert.rejects(fetchModel(reference(server, wrong), { cache: directory.path }), (error) => {
    assert.ok(error instanceof ModelError);
    assert.equal(error.expected, wrong);
    assert.equal(error.actual, SHA256);
    assert.match(error.message, /^Cannot download model "net": its SHA-256 is [^\n]*$/);
    return true;
  });
  assert.deepEqual(filesIn(directory), []);
});

Deno.test("fetchModel() leaves nothing, when the server has no such file", async () => {
  await using server = serve(() => ({ status: 404 }));
  await using directory = await temporaryDirectory();
  await assert.rejects(fetchModel(reference(server), { cache: directory.path }), {
    name: "ModelError",
    message:
      /^Cannot download model "net" from 127\.0\.0\.1:\d+: the server answers 404 Not Found\.$/,
  });
  assert.deepEqual(filesIn(directory), []);
});

Deno.test("fetchModel() says why, and leaves nothing, when nobody answers at the address", async () => {
  await using cache = await temporaryDirectory();
  // A port that was free a moment ago may be another program's now; the system gives nobody this one.
  await assert.rejects(
    fetchModel(`net@http://127.0.0.1:2/net.safetensors#${SHA256}`, { cache: cache.path }),
    { name: "ModelError", message: /refused.*\. Check the address/ },
  );
  assert.deepEqual([...Deno.readDirSync(cache.path)], []);
});

Deno.test("fetchModel() gives up and keeps what came, when the connection is cut again and again", async () => {
  await using server = serve((_, from) => ({ end: Math.max(from, 3000) }));
  await using directory = await temporaryDirectory();
  await assert.rejects(fetchModel(reference(server), { cache: directory.path }), {
    name: "ModelError",
    message: /the first 3000 bytes are kept for the next time\.$/,
  });
  assert.equal(Deno.statSync(directory.join(filesIn(directory)[0]!)).size, 3000);
});

Deno.test("fetchModel() ends with the signal's reason", async () => {
  await using server = serve(() => ({ end: 100 }));
  await using directory = await temporaryDirectory();
  const controller = new AbortController();
  const options = {
    cache: directory.path,
    signal: controller.signal,
    onProgress: () => controller.abort(new Error("enough")),
  };
  await assert.rejects(fetchModel(reference(server), options), { message: "enough" });
});

Deno.test("fetchModel() ends with the signal's reason, when it aborts while an attempt fails", async () => {
  await using server = serve(() => ({ status: 416 }));
  await using directory = await temporaryDirectory();
  const part = directory.join(`net-${SHA256.slice(0, 16)}.safetensors.part`);
  await Deno.writeFile(part, FILE.subarray(0, 10));
  const controller = new AbortController();
  const { truncate } = Deno.FsFile.prototype;
  // The server refuses the range, and this comes between that and the next attempt.
  Deno.FsFile.prototype.truncate = function (length) {
    controller.abort(new Error("enough"));
    return truncate.call(this, length);
  };
  try {
    const options = { cache: directory.path, signal: controller.signal };
    await assert.rejects(fetchModel(reference(server), options), { message: "enough" });
  } finally {
    Deno.FsFile.prototype.truncate = truncate;
  }
});

Deno.test("fetchModel() ends with the signal's reason, while another process downloads", async () => {
  await using directory = await temporaryDirectory();
  const part = directory.join(`net-${SHA256.slice(0, 16)}.safetensors.part`);
  using file = await Deno.open(part, { write: true, create: true });
  await file.lock(true);
  const controller = new AbortController();
  const fetching = fetchModel(`net@http://127.0.0.1:2/net.safetensors#${SHA256}`, {
    cache: directory.path,
    signal: controller.signal,
  });
  controller.abort(new Error("enough"));
  await assert.rejects(fetching, { message: "enough" });
  assert.equal(filesIn(directory).length, 1, "what the other one has stays");
});

for (
  const [what, text] of [
    ["no digest", "net@https://example.org/net.onnx"],
    ["a short digest", "net@https://example.org/net.onnx#abc"],
    ["another protocol", `net@ftp://example.org/net.onnx#${SHA256}`],
    ["another kind of file", `net@https://example.org/net.pth#${SHA256}`],
    ["a name that is a path", `..%2f@https://example.org/net.onnx#${SHA256}`],
    ["no name", `@https://example.org/net.onnx#${SHA256}`],
  ] as const
) {
  Deno.test(`fetchModel() throws a ModelError of one line, for ${what}`, async () => {
    assert.ok(isDownload(text));
    await assert.rejects(fetchModel(text), {
      name: "ModelError",
      message: /^Cannot download model "[^\n]*": it must be NAME@URL#SHA256, [^\n]*$/,
    });
  });
}
