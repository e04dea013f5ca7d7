/**
 * Which ffmpeg and which ffprobe run: the one named, else that of the environment, else the one that
 * was installed with the packages.
 */
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { FfmpegError } from "../errors.ts";
import { childEnvironment, readVariable } from "./environment.ts";
import { parseVersion, type VersionReport } from "./release.ts";
import { oneLine } from "./redact.ts";

/** An ffmpeg that was run once and said what it is. */
export interface FfmpegBinary extends VersionReport {
  /** What to spawn: a path, or a name that the system's search path resolves. */
  readonly path: string;
}

/** Which binaries to use instead of the bundled ones. */
export interface BinaryOptions {
  /** The ffmpeg to use; wins over SEGSTREAM_FFMPEG. An ffprobe beside it is used as well. */
  readonly ffmpeg?: string | undefined;
  /** The ffprobe to use; wins over SEGSTREAM_FFPROBE and over the one beside the named ffmpeg. */
  readonly ffprobe?: string | undefined;
}

type Tool = "ffmpeg" | "ffprobe";

const VARIABLES: Record<Tool, string> = {
  ffmpeg: "SEGSTREAM_FFMPEG",
  ffprobe: "SEGSTREAM_FFPROBE",
};

const found = new Map<string, Promise<FfmpegBinary>>();

/**
 * The ffmpeg to use: `options.path`, else the environment's SEGSTREAM_FFMPEG, else the bundled one.
 * It is run once (`-version`) and remembered.
 *
 * @throws {FfmpegError} If it is missing, may not be run, or is no ffmpeg.
 */
export function findFfmpeg(options: { path?: string | undefined } = {}): Promise<FfmpegBinary> {
  const path = options.path ?? readVariable(VARIABLES.ffmpeg) ?? bundledPath("ffmpeg");
  let binary = found.get(path);
  if (binary === undefined) {
    binary = examine(path);
    found.set(path, binary);
    // A failure is not remembered: the user may install what is missing and try again.
    binary.catch(() => found.delete(path));
  }
  return binary;
}

/**
 * The ffprobe to use: `options.ffprobe`; else the one beside the named ffmpeg, where there is one;
 * else the environment's SEGSTREAM_FFPROBE; else the bundled one. It is not run here.
 *
 * @throws {FfmpegError} If the bundled one is wanted and was not installed.
 */
export async function findFfprobe(options: BinaryOptions = {}): Promise<string> {
  if (options.ffprobe !== undefined) return options.ffprobe;
  const named = options.ffmpeg ?? readVariable(VARIABLES.ffmpeg);
  const sibling = named === undefined ? undefined : await siblingProbe(named);
  if (sibling !== undefined) return sibling;
  const fromEnvironment = readVariable(VARIABLES.ffprobe);
  if (fromEnvironment !== undefined) return fromEnvironment;
  const path = bundledPath("ffprobe");
  await makeExecutable(path);
  return path;
}

/** The error for a binary that did not start, with what would mend it. */
export function startError(path: string, args: readonly string[], cause: unknown): FfmpegError {
  const fields = { args: args.map(oneLine), exitCode: null, stderrTail: "" };
  const action = `Cannot run ${JSON.stringify(path)}`;
  const isMissing = cause instanceof Deno.errors.NotFound ||
    (cause instanceof Deno.errors.NotCapable && isAbsent(path)); // leave is asked for first
  const message = isMissing
    ? `${action}: there is no such program. Install it, or name another with --ffmpeg or ` +
      `${VARIABLES.ffmpeg}.`
    : cause instanceof Deno.errors.NotCapable
    ? `${action}: Deno was not given leave to. Add --allow-run to the command (with a list, ` +
      `--allow-run=${path} and every other binary it needs: the list replaces that of deno.json).`
    : cause instanceof Deno.errors.PermissionDenied
    ? `${action}: the system does not allow it. Make the file executable (chmod +x).`
    : `${action}: ${oneLine(String(cause instanceof Error ? cause.message : cause))}.`;
  return new FfmpegError(message, fields, { cause });
}

/** Whether a path, and no name that the system would search for, leads nowhere. */
function isAbsent(path: string): boolean {
  if (basename(path) === path) return false;
  try {
    Deno.statSync(path);
    return false;
  } catch (error) {
    return error instanceof Deno.errors.NotFound;
  }
}

async function examine(path: string): Promise<FfmpegBinary> {
  const text = await versionText(path);
  const report = parseVersion(text);
  if (report === undefined) {
    throw new FfmpegError(
      `Cannot use ${JSON.stringify(path)}: "-version" does not answer as ffmpeg 4 or newer does. ` +
        `Name an ffmpeg with --ffmpeg or ${VARIABLES.ffmpeg}.`,
      { args: ["-version"], exitCode: null, stderrTail: text.slice(-2000) },
    );
  }
  return { path, ...report };
}

async function versionText(path: string): Promise<string> {
  try {
    const { stdout } = await new Deno.Command(path, {
      args: ["-version"],
      clearEnv: true,
      env: childEnvironment(),
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).output();
    return new TextDecoder().decode(stdout);
  } catch (cause) {
    throw startError(path, ["-version"], cause);
  }
}

/**
 * The binary in the platform's package beside the installer package. The installers' own lookup is
 * not used: it wants leave to read the environment.
 */
function bundledPath(tool: Tool): string {
  const platform = Deno.build.os === "windows" ? "win32" : Deno.build.os;
  const machine = Deno.build.arch === "x86_64" ? "x64" : "arm64";
  const file = Deno.build.os === "windows" ? `${tool}.exe` : tool;
  try {
    const manifest = createRequire(import.meta.url).resolve(
      `@${tool}-installer/${tool}/package.json`,
    );
    return runnableName(join(dirname(manifest), "..", `${platform}-${machine}`, file));
  } catch (cause) {
    throw new FfmpegError(
      `Cannot find the bundled ${tool}: its package is not installed. Run "deno install", or name ` +
        `one with ${VARIABLES[tool]}.`,
      { args: [], exitCode: null, stderrTail: "" },
      { cause },
    );
  }
}

/**
 * Leave to run is given to a path as it is written, and the packages' folders are links: of the two
 * names of a file the one that may be run.
 */
function runnableName(path: string): string {
  const resolved = Deno.realPathSync(path);
  const { state } = Deno.permissions.querySync({ name: "run", command: resolved });
  return state === "granted" ? resolved : path;
}

/** The ffprobe that belongs to a named ffmpeg: beside it, or on the search path if that is. */
async function siblingProbe(ffmpeg: string): Promise<string | undefined> {
  const name = basename(ffmpeg).replace("ffmpeg", "ffprobe");
  if (name === basename(ffmpeg)) return undefined;
  if (basename(ffmpeg) === ffmpeg) {
    return await versionText(name).then(() => name, () => undefined);
  }
  const path = join(dirname(ffmpeg), name);
  return await Deno.stat(path).then((stat) => stat.isFile ? path : undefined, () => undefined);
}

/** The package's install script would do this, where install scripts ran. */
async function makeExecutable(path: string): Promise<void> {
  if (Deno.build.os === "windows") return;
  try {
    const { mode } = await Deno.stat(path);
    if (mode !== null && (mode & 0o111) === 0) await Deno.chmod(path, 0o755);
  } catch (cause) {
    throw startError(path, [], cause);
  }
}
