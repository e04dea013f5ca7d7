/**
 * Models from the network: `NAME@URL#sha256`, kept in the user's cache once their bytes are proven.
 */

import { createHash } from "node:crypto";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { ModelError } from "../errors.ts";
import { cacheFolder } from "./cache_folder.ts";
import { openAlone } from "./lone_file.ts";

/** How far a download is. */
export interface DownloadProgress {
  /** Bytes there, those of an earlier attempt included. */
  readonly received: number;
  /** Bytes in all, where the server says. */
  readonly total: number | undefined;
}

/** How a model is downloaded. */
export interface DownloadOptions {
  /** Where downloads are kept; {@link modelCache} by default. */
  readonly cache?: string;
  /** Called with every piece that comes. */
  readonly onProgress?: (name: string, progress: DownloadProgress) => void;
  /** Aborting it ends the download; what came so far is kept for the next time. */
  readonly signal?: AbortSignal;
}

/** A reference taken apart. */
interface Download {
  readonly name: string;
  readonly url: URL;
  readonly sha256: string;
  /** Of the file: ".safetensors" or ".onnx". */
  readonly extension: string;
}

/** Attempts that bring nothing, after which it is given up. */
const MAX_IDLE_ATTEMPTS = 4;

/** How long a server may be silent. */
const SILENCE_TIMEOUT_MS = 30_000;

const RETRY_DELAY_MS = 200;

/** Whether a reference has the form `NAME@URL#sha256`. */
export function isDownload(reference: string): boolean {
  return /^[^@/\\]*@[a-z]+:\/\//i.test(reference);
}

/**
 * The file of a model that is downloaded, unless it is in the cache already.
 *
 * - A cut connection is taken up again where it broke, in this run or the next.
 * - The file gets its name only when its SHA-256 is the expected one; otherwise nothing is left.
 * - Of several processes one downloads, and the others wait for it.
 *
 * @throws {ModelError} If the reference is malformed, the download fails or the bytes are others.
 */
export async function fetchModel(
  reference: string,
  options: DownloadOptions = {},
): Promise<string> {
  const download = parseReference(reference);
  const cache = options.cache ?? modelCache(download);
  const path = join(cache, `${download.name}-${download.sha256.slice(0, 16)}${download.extension}`);
  if (await hasDigest(path, download.sha256)) return path;
  const part = `${path}.part`;
  try {
    await Deno.mkdir(cache, { recursive: true });
    using file = await openAlone(part, options.signal);
    // Whoever had it before may have finished.
    if (await hasDigest(path, download.sha256)) {
      await Deno.remove(part);
      return path;
    }
    try {
      await fillPart(file, download, options);
    } catch (cause) {
      if ((await file.stat()).size === 0) await Deno.remove(part);
      throw cause;
    }
    await checkPart(file, part, download);
    await Deno.rename(part, path);
    return path;
  } catch (cause) {
    if (cause instanceof ModelError) throw cause;
    options.signal?.throwIfAborted();
    throw failed(download, `the cache "${cache}" cannot be written: ${reasonOf(cause)}`, cause);
  }
}

/**
 * Where downloaded models are kept: `segstream/models` in XDG_CACHE_HOME, in LOCALAPPDATA on Windows,
 * or in `.cache` in the home folder.
 *
 * @throws {ModelError} If none of these is known.
 */
export function modelCache({ name }: { readonly name: string }): string {
  const folder = cacheFolder();
  if (folder !== undefined) return join(folder, "models");
  throw new ModelError(
    `Cannot download model "${name}": no folder for caches is known. Set XDG_CACHE_HOME, and let ` +
      "Deno read it with --allow-env=XDG_CACHE_HOME,HOME.",
    { model: name },
  );
}

function parseReference(reference: string): Download {
  const [, name = "", address = ""] = /^([^@]*)@(.*)$/s.exec(reference) ?? [];
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const sha256 = url?.hash.slice(1).toLowerCase() ?? "";
  const extension = /\.(safetensors|onnx)$/i.exec(url?.pathname ?? "")?.[0].toLowerCase();
  const isValid = /^[\w.-]+$/.test(name) && /^https?:$/.test(url?.protocol ?? "") &&
    /^[\da-f]{64}$/.test(sha256);
  if (!isValid || url === undefined || extension === undefined) {
    throw new ModelError(
      `Cannot download model "${name}": it must be NAME@URL#SHA256, where NAME is letters and ` +
        "digits, URL an http(s) address of a .safetensors or .onnx file, SHA256 64 hex digits.",
      { model: name },
    );
  }
  url.hash = "";
  return { name, url, sha256, extension };
}

/** Downloads until the file is whole, beginning where it ends. */
async function fillPart(
  file: Deno.FsFile,
  download: Download,
  options: DownloadOptions,
): Promise<void> {
  for (let idle = 0;;) {
    const before = (await file.stat()).size;
    try {
      if (await continueDownload(file, before, download, options)) return;
    } catch (cause) {
      if (cause instanceof ModelError) throw cause;
      options.signal?.throwIfAborted();
      const { size } = await file.stat();
      idle = size > before ? 0 : idle + 1;
      if (idle >= MAX_IDLE_ATTEMPTS) {
        const kept = size > 0 ? `; the first ${size} bytes are kept for the next time` : "";
        throw failed(download, `${reasonOf(cause)}${kept}`, cause);
      }
      await pause(RETRY_DELAY_MS * 2 ** idle, undefined, { signal: options.signal });
    }
  }
}

/** One request. Whether the file is whole now; it is not where the server began anew. */
async function continueDownload(
  file: Deno.FsFile,
  from: number,
  download: Download,
  options: DownloadOptions,
): Promise<boolean> {
  const silence = new AbortController();
  const signals = options.signal === undefined
    ? [silence.signal]
    : [silence.signal, options.signal];
  let timer = setTimeout(() => silence.abort(), SILENCE_TIMEOUT_MS);
  try {
    const response = await fetch(download.url, {
      headers: from > 0 ? { range: `bytes=${from}-` } : {},
      signal: AbortSignal.any(signals),
    });
    if (response.status === 416) {
      await response.body?.cancel();
      // All of it may be there: then its digest decides.
      if (response.headers.get("content-range") === `bytes */${from}`) return true;
      await file.truncate(0);
      throw new Error("the server refused the range");
    }
    if (!response.ok) {
      await response.body?.cancel();
      throw failed(download, `the server answers ${response.status} ${response.statusText}`.trim());
    }
    const start = response.status === 206 ? from : 0;
    await file.truncate(start);
    await file.seek(start, Deno.SeekMode.Start);
    const length = Number(response.headers.get("content-length") ?? NaN);
    const total = Number.isNaN(length) ? undefined : start + length;
    let received = start;
    for await (const piece of response.body ?? []) {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENCE_TIMEOUT_MS);
      for (let written = 0; written < piece.length;) {
        written += await file.write(piece.subarray(written));
      }
      received += piece.length;
      options.onProgress?.(download.name, { received, total });
    }
    if (total !== undefined && received < total) throw new Error("the connection was cut");
    return true;
  } finally {
    clearTimeout(timer);
  }
}

async function checkPart(file: Deno.FsFile, part: string, download: Download): Promise<void> {
  await file.seek(0, Deno.SeekMode.Start);
  const actual = await digest(file);
  if (actual === download.sha256) return;
  await Deno.remove(part);
  throw new ModelError(
    `Cannot download model "${download.name}": its SHA-256 is ${actual}, and ${download.sha256} was ` +
      "expected; nothing was kept. Check the address and the digest.",
    { model: download.name, expected: download.sha256, actual },
  );
}

async function hasDigest(path: string, sha256: string): Promise<boolean> {
  try {
    using file = await Deno.open(path);
    return await digest(file) === sha256;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

async function digest(file: Deno.FsFile): Promise<string> {
  const hash = createHash("sha256");
  const buffer = new Uint8Array(1 << 18);
  for (let count = await file.read(buffer); count !== null; count = await file.read(buffer)) {
    hash.update(buffer.subarray(0, count));
  }
  return hash.digest("hex");
}

function failed({ name, url }: Download, state: string, cause?: unknown): ModelError {
  const host = url.host;
  const message = `Cannot download model "${name}" from ${host}: ${state}.`;
  return new ModelError(message, { model: name }, { cause });
}

function reasonOf(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause);
  // Also for the host that a server redirects to.
  const [, host] = /net access to "([^"]+)"/.exec(message) ?? [];
  if (host !== undefined) {
    return `Deno was not given leave to connect. Add --allow-net=${host} to the command`;
  }
  if (cause instanceof DOMException && cause.name === "AbortError") return "the server is silent";
  // "fetch failed" alone says nothing; its cause ends in what the system said.
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : "";
  const refusal = /: ([^:]+?)(?: \(os error \d+\))?$/.exec(inner)?.[1];
  if (refusal !== undefined) return `${refusal}. Check the address and that it can be reached`;
  return message.replace(/ \(os error \d+\).*$/s, "").replace(/https?:\/\/\S+/g, "the address");
}
