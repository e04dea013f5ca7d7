import assert from "node:assert/strict";
import { join } from "node:path";
import { InputError, OutputError } from "../../src/errors.ts";
import { parseS3 } from "../../src/farm/s3_access.ts";
import { openS3Storage } from "../../src/farm/s3_storage.ts";
import type { ClosableStorage } from "../../src/farm/storage.ts";
import { S3_LOGIN, startS3, type TestS3 } from "../testing/s3_server.ts";

/** "hello" by sha256sum. */
const SUM_OF_HELLO = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

/** Sets variables, those that are undefined to nothing; what was there comes back in the end. */
function withEnvironment(variables: Readonly<Record<string, string | undefined>>): Disposable {
  const set = ([name, value]: readonly [string, string | undefined]) =>
    value === undefined ? Deno.env.delete(name) : Deno.env.set(name, value);
  const before = Object.keys(variables).map((name) => [name, Deno.env.get(name)] as const);
  Object.entries(variables).forEach(set);
  return { [Symbol.dispose]: () => before.forEach(set) };
}

/** Runs `use` with a store and the environment that leads to it. */
async function withS3(
  use: (storage: ClosableStorage, store: TestS3) => Promise<void>,
  secretKey: string = S3_LOGIN.secretKey,
): Promise<void> {
  await using store = startS3();
  using _environment = withEnvironment({
    AWS_ENDPOINT_URL: store.url,
    AWS_ACCESS_KEY_ID: S3_LOGIN.accessKey,
    AWS_SECRET_ACCESS_KEY: secretKey,
    AWS_REGION: S3_LOGIN.region,
  });
  const storage = openS3Storage();
  try {
    await use(storage, store);
  } finally {
    await storage.close();
  }
}

Deno.test("parseS3() takes a name apart, and refuses one without bucket or key", () => {
  assert.deepEqual(parseS3("s3://films/a/b c.mp4"), { bucketName: "films", key: "a/b c.mp4" });
  for (const name of ["s3://films", "s3:///a", "/films/a", "s3://"]) {
    assert.throws(() => parseS3(name), TypeError);
  }
});

Deno.test("S3 storage writes, finds, reads and removes small objects", async () => {
  await withS3(async (storage, store) => {
    await storage.writeText("s3://films/out/a.json", "{}");
    assert.equal(await storage.exists("s3://films/out/a.json"), true);
    assert.equal(await storage.exists("s3://films/out/b.json"), false);
    assert.equal(await storage.readText("s3://films/out/a.json"), "{}");
    assert.equal(await storage.readText("s3://films/out/b.json"), undefined);
    await storage.writeText("s3://films/other.json", "{}");
    await storage.removeFolder("s3://films/out");
    assert.deepEqual([...store.objects.keys()], ["films/other.json"]);
    assert.equal(store.refused, 0);
  });
});

Deno.test("S3 storage publishes a large file in parts, each signed with its checksum", async () => {
  await withS3(async (storage, store) => {
    await using workspace = await storage.workspace("s3://films/work");
    const bytes = new Uint8Array(40 * 2 ** 20);
    for (let at = 0; at < bytes.length; at += 997) bytes[at] = at % 251;
    await Deno.writeFile(join(workspace.path, "scratch.mp4"), bytes);
    await workspace.publish("scratch.mp4", "s3://films/out/long film.mp4");
    // 16 MiB each: two full parts and the rest.
    assert.equal(store.parts, 3);
    assert.equal(store.refused, 0);
    assert.deepEqual(store.objects.get("films/out/long film.mp4"), bytes);
    assert.deepEqual([...Deno.readDirSync(workspace.path)], []);
  });
});

Deno.test("S3 storage fetches an object, and refuses one that is not what was written", async () => {
  await withS3(async (storage) => {
    await storage.writeText("s3://films/work/1.nut", "hello");
    await using workspace = await storage.workspace("s3://films/work");
    await workspace.fetch("1.nut", SUM_OF_HELLO);
    assert.equal(await Deno.readTextFile(join(workspace.path, "1.nut")), "hello");
    await storage.writeText("s3://films/work/1.nut", "hallo");
    await assert.rejects(
      workspace.fetch("1.nut", SUM_OF_HELLO),
      /not what was written \(SHA-256\)/,
    );
    await assert.rejects(workspace.fetch("2.nut", SUM_OF_HELLO), InputError);
  });
});

Deno.test("S3 storage leaves no object where an upload fails", async () => {
  await withS3(async (storage, store) => {
    await using workspace = await storage.workspace("s3://films/work");
    await Deno.writeTextFile(join(workspace.path, "a.mp4"), "hello");
    store.failOnce(/a\.mp4/);
    await assert.rejects(
      workspace.publish("a.mp4", "s3://films/out/a.mp4"),
      (error) => error instanceof OutputError && /the store answers 503/.test(error.message),
    );
    assert.equal(store.objects.size, 0);
    await workspace.publish("a.mp4", "s3://films/out/a.mp4");
    assert.equal(store.objects.size, 1);
  });
});

Deno.test("S3 storage gives ffmpeg a URL on the loopback that holds no key and serves ranges", async () => {
  await withS3(async (storage) => {
    await storage.writeText("s3://films/in/ä b.mp4", "0123456789");
    const url = await storage.readable("s3://films/in/ä b.mp4");
    assert.equal(new URL(url).hostname, "127.0.0.1");
    assert.doesNotMatch(url, /test-key|test-secret|Signature/);
    assert.equal(await (await fetch(url)).text(), "0123456789");
    const part = await fetch(url, { headers: { range: "bytes=4-" } });
    assert.equal(part.status, 206);
    assert.equal(part.headers.get("content-range"), "bytes 4-9/10");
    assert.equal(await part.text(), "456789");
    const guessed = await fetch(new URL("/films/in/a.mp4", url));
    assert.equal(guessed.status, 404);
    await guessed.body?.cancel();
    assert.equal(
      storage.withNames(`Cannot open "${new URL(".", url)}x.mp4"`),
      'Cannot open "s3://films/in/x.mp4"',
    );
  });
});

Deno.test("S3 storage says in a line what is wrong, without the keys", async () => {
  await withS3(async (storage) => {
    await assert.rejects(storage.writeText("s3://films/a.json", "{}"), (error) => {
      assert.ok(error instanceof OutputError);
      assert.match(
        error.message,
        /^Cannot write "s3:\/\/films\/a\.json": the store refuses it .*\.$/,
      );
      assert.doesNotMatch(error.message, /wrong-secret|\n/);
      return true;
    });
  }, "wrong-secret");
  await withS3(async (storage) => {
    await assert.rejects(
      storage.readable("s3://films/none.mp4"),
      /Cannot open "s3:\/\/films\/none\.mp4": there is no such object/,
    );
  });
});

Deno.test("openS3Storage() names the variables that are missing", () => {
  using _environment = withEnvironment({ AWS_SECRET_ACCESS_KEY: undefined });
  assert.throws(() => openS3Storage(), /AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set/);
});
