import type { S3Client } from "@bradenmacdonald/s3-lite-client";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { InputError } from "../errors.ts";
import { openS3Client, parseS3, s3ReadError, s3WriteError } from "./s3_access.ts";
import { isMissing } from "./s3_access.ts";
import { type S3Gateway, startS3Gateway } from "./s3_gateway.ts";
import { below } from "./jobs.ts";
import type { ClosableStorage, Workspace } from "./storage.ts";

/**
 * Parts of an upload. The client holds four of them in memory; 10,000, the most there can be, make
 * 160 GB.
 */
const PART_BYTES = 16 * 2 ** 20;

/**
 * Opens an S3-compatible store. An object appears when all of it is there; every request, and so
 * every part of an upload, is signed together with the SHA-256 of what it carries, which the store
 * checks before it takes it.
 *
 * @throws {TypeError} If the environment has no key.
 */
export function openS3Storage(): ClosableStorage {
  return new S3Storage(openS3Client());
}

class S3Storage implements ClosableStorage {
  readonly #client: S3Client;
  #gateway: S3Gateway | undefined;

  constructor(client: S3Client) {
    this.#client = client;
  }

  async exists(name: string): Promise<boolean> {
    const { bucketName, key } = parseS3(name);
    try {
      return await this.#client.exists(key, { bucketName });
    } catch (cause) {
      throw s3ReadError(this.#client, name, cause);
    }
  }

  async readText(name: string): Promise<string | undefined> {
    const { bucketName, key } = parseS3(name);
    try {
      return await (await this.#client.getObject(key, { bucketName })).text();
    } catch (cause) {
      if (isMissing(cause)) return undefined;
      throw s3ReadError(this.#client, name, cause);
    }
  }

  async writeText(name: string, text: string): Promise<void> {
    const { bucketName, key } = parseS3(name);
    try {
      await this.#client.putObject(key, text, { bucketName });
    } catch (cause) {
      throw s3WriteError(this.#client, name, cause);
    }
  }

  /** ffmpeg tells a missing object from one that is no video only by a number: here it is said. */
  async readable(name: string): Promise<string> {
    const object = parseS3(name);
    if (!await this.exists(name)) {
      const message = `Cannot open ${
        JSON.stringify(name)
      }: there is no such object. Check the name.`;
      throw new InputError(message, { input: name });
    }
    this.#gateway ??= startS3Gateway(this.#client);
    return this.#gateway.urlOf(object);
  }

  withNames(text: string): string {
    return this.#gateway?.withNames(text) ?? text;
  }

  async workspace(folder: string): Promise<Workspace> {
    const path = await Deno.makeTempDir({ prefix: "segstream_" });
    return {
      path,
      fetch: (file, sum) => this.#fetch(below(folder, file), join(path, file), sum),
      publish: (file, name) => this.#publish(join(path, file), name),
      [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
    };
  }

  async removeFolder(folder: string): Promise<void> {
    const { bucketName, key } = parseS3(`${folder}/`);
    try {
      for await (const object of this.#client.listObjects({ bucketName, prefix: key })) {
        await this.#client.deleteObject(object.key, { bucketName });
      }
    } catch (cause) {
      throw s3WriteError(this.#client, folder, cause);
    }
  }

  async close(): Promise<void> {
    await this.#gateway?.close();
  }

  async #fetch(name: string, path: string, sum: string): Promise<void> {
    const { bucketName, key } = parseS3(name);
    const hash = createHash("sha256");
    try {
      using file = await Deno.open(path, { write: true, create: true, truncate: true });
      const { body } = await this.#client.getObject(key, { bucketName });
      const counted = new TransformStream<Uint8Array, Uint8Array>({
        transform: (piece, controller) => {
          hash.update(piece);
          controller.enqueue(piece);
        },
      });
      await (body ?? new Blob().stream()).pipeThrough(counted).pipeTo(file.writable);
    } catch (cause) {
      throw s3ReadError(this.#client, name, cause);
    }
    if (hash.digest("hex") === sum) return;
    throw new InputError(
      `Cannot read ${
        JSON.stringify(name)
      }: its content is not what was written (SHA-256). Submit ` +
        "the file again.",
      { input: name },
    );
  }

  async #publish(path: string, name: string): Promise<void> {
    const { bucketName, key } = parseS3(name);
    try {
      const { size } = await Deno.stat(path);
      using file = await Deno.open(path);
      await this.#client.putObject(key, file.readable, { bucketName, size, partSize: PART_BYTES });
      const stored = await this.#client.statObject(key, { bucketName });
      if (stored.size !== size) throw new Error(`${stored.size} of ${size} bytes are there`);
    } catch (cause) {
      throw s3WriteError(this.#client, name, cause);
    }
    await Deno.remove(path);
  }
}
