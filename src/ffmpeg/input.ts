/** How an input, as the user names it, is handed to ffmpeg and ffprobe. */
import { fileURLToPath } from "node:url";
import { InputError } from "../errors.ts";
import { FORMAT_WHITELIST } from "./formats.ts";
import { credentialsFault, redact } from "./redact.ts";

/** Where an input comes from. */
export type MediaInput =
  | { readonly kind: "file"; readonly name: string; readonly path: string }
  | { readonly kind: "url"; readonly name: string; readonly url: string; readonly scheme: string }
  | { readonly kind: "lavfi"; readonly name: string; readonly graph: string };

/** Protocols that ffmpeg may open beneath each scheme; a playlist cannot reach beyond them. */
const PROTOCOLS: Record<string, string> = {
  file: "file,crypto,data",
  http: "http,https,httpproxy,tcp,tls,crypto,data",
  rtsp: "rtsp,rtsps,rtp,srtp,udp,tcp,tls,http,https,httpproxy",
  rtmp: "rtmp,rtmps,rtmpt,rtmpts,rtmpe,rtmpte,ffrtmphttp,ffrtmpcrypt,http,https,tcp,tls",
  udp: "udp,rtp,srtp",
  ftp: "ftp,tcp",
};

/** A picture's name that ffmpeg would take for the pattern of a sequence, and read other files. */
const PICTURE_PATTERN =
  /[%*?{[].*\.(bmp|dds|dpx|exr|j2c|j2k|jp2|jpe?g|jpg|pam|pbm|pcx|pgm|png|ppm|sgi|tga|tiff?|webp|xbm|xwd)$/i;

/** Schemes that are served by the protocols of another. */
const FAMILIES: Record<string, string> = {
  https: "http",
  rtsps: "rtsp",
  rtmps: "rtmp",
  rtmpt: "rtmp",
  rtp: "udp",
};

/**
 * Sorts an input by what it is: `lavfi:GRAPH` (a test picture that ffmpeg draws), a URL, or a path.
 * A Windows drive letter is not a scheme, and a name with a colon in it is a path.
 *
 * @throws {InputError} If it is empty or names the standard input, or if its user and password are not
 *   told from its host.
 */
export function parseInput(input: string): MediaInput {
  const fault = credentialsFault(input);
  if (fault !== undefined) {
    throw new InputError(
      `Cannot open ${
        JSON.stringify(fault.shown)
      }: the address can be read in two ways. ${fault.mend}.`,
      { input: fault.shown },
    );
  }
  const name = redact(input);
  if (input === "") throw new InputError("Cannot open an input with an empty name.", { input });
  if (input === "-" || input.startsWith("pipe:")) {
    throw new InputError(
      "Cannot read the standard input: the input is opened more than once. Write it to a file " +
        "first and name the file.",
      { input },
    );
  }
  if (input.startsWith("lavfi:")) {
    return { kind: "lavfi", name, graph: input.slice("lavfi:".length) };
  }
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(input)?.[1]?.toLowerCase();
  if (scheme === undefined) return { kind: "file", name, path: input };
  if (scheme === "file") return { kind: "file", name, path: pathOfUrl(input) };
  return { kind: "url", name, url: input, scheme };
}

/**
 * The arguments that open an input, `-i` included. A path gets the `file:` protocol, so that one
 * that begins with a dash or holds a colon is neither an option nor a URL.
 */
export function inputArguments(input: MediaInput): readonly string[] {
  switch (input.kind) {
    case "lavfi":
      return ["-f", "lavfi", "-i", input.graph];
    case "file":
      return [
        ...(PICTURE_PATTERN.test(input.path) ? ["-f", "image2", "-pattern_type", "none"] : []),
        ...["-format_whitelist", FORMAT_WHITELIST, "-protocol_whitelist", PROTOCOLS.file!],
        ...["-i", `file:${input.path}`],
      ];
    case "url": {
      const { scheme, url } = input;
      const protocols = PROTOCOLS[FAMILIES[scheme] ?? scheme] ?? `${scheme},tcp,udp,tls`;
      return ["-protocol_whitelist", protocols, "-i", url];
    }
  }
}

/**
 * Looks at a local file before any program is started.
 *
 * @throws {InputError} If it is missing, no regular file, empty, or may not be read.
 */
export async function checkFile(path: string): Promise<void> {
  const fail = (state: string, cause?: unknown) =>
    new InputError(`Cannot open ${JSON.stringify(path)}: ${state}`, { input: path }, { cause });
  let stat: Deno.FileInfo;
  try {
    stat = await Deno.stat(path);
    if (stat.isFile) (await Deno.open(path)).close();
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound || cause instanceof Deno.errors.NotADirectory) {
      throw fail("there is no such file. Check the path.", cause);
    }
    if (cause instanceof Deno.errors.NotCapable) {
      throw fail("Deno was not given leave to read it. Add --allow-read to the command.", cause);
    }
    if (cause instanceof Deno.errors.PermissionDenied) {
      throw fail("you may not read it. Change its permissions.", cause);
    }
    throw fail(`${cause instanceof Error ? cause.message : String(cause)}.`, cause);
  }
  if (stat.isDirectory) throw fail("it is a directory. Name a video file in it.");
  if (!stat.isFile) throw fail("it is no regular file, and it is read more than once.");
  if (stat.size === 0) throw fail("it is empty. Name a video file.");
}

function pathOfUrl(url: string): string {
  try {
    return fileURLToPath(url);
  } catch (cause) {
    throw new InputError(
      `Cannot open ${JSON.stringify(url)}: it is no valid file URL. Write file:///path/to/video.`,
      { input: url },
      { cause },
    );
  }
}
