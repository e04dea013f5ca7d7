/** The files that the pages load: their own, and those of the packages that play and draw. */
import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** A file as it is served. */
export interface PageFile {
  /** The file; shared, not to be changed. */
  readonly body: Uint8Array<ArrayBuffer>;
  /** As the header says it. */
  readonly contentType: string;
  /** Changes with the content. */
  readonly etag: string;
}

const OWN = [
  "style.css",
  "feed_page.css",
  "switches.css",
  "grid_page.css",
  "icon.svg",
  "feed_page.js",
  "grid_page.js",
  "player.js",
  "live_edge.js",
  "status_socket.js",
  "retry.js",
  "badge.js",
  "classes.js",
  "controls.js",
  "figures.js",
  "timing_chart.js",
  "format.js",
];

const FROM_PACKAGES: Readonly<Record<string, readonly [packageName: string, path: string]>> = {
  "mpegts.js": ["mpegts.js", "dist/mpegts.js"],
  "uplot.js": ["uplot", "dist/uPlot.iife.min.js"],
  "uplot.css": ["uplot", "dist/uPlot.min.css"],
};

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
};

const loaded = new Map<string, Promise<PageFile>>();

/**
 * A file by its name, read once it can be; undefined where the pages have none of that name.
 *
 * Rejects if it cannot be read now; it is read again when it is asked for again.
 */
export function pageFile(name: string): Promise<PageFile> | undefined {
  if (!OWN.includes(name) && !Object.hasOwn(FROM_PACKAGES, name)) return undefined;
  let file = loaded.get(name);
  if (file === undefined) {
    file = load(name);
    loaded.set(name, file);
    file.catch(() => loaded.delete(name)); // such as EMFILE, which passes
  }
  return file;
}

async function load(name: string): Promise<PageFile> {
  const body = await Deno.readFile(placeOf(name));
  return {
    body,
    contentType: CONTENT_TYPES[name.split(".").at(-1)!]!,
    etag: `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`,
  };
}

function placeOf(name: string): string | URL {
  const found = FROM_PACKAGES[name];
  if (found === undefined) return new URL(`./page/${name}`, import.meta.url);
  const [packageName, path] = found;
  const manifest = createRequire(import.meta.url).resolve(`${packageName}/package.json`);
  return join(dirname(manifest), path);
}
