/**
 * `--config cameras.json`: cameras and what to do with each. What stands beside `cameras` is for all
 * of them, unless one says otherwise; what is said in neither place is the command line's.
 *
 * ```json
 * {
 *   "resolution": "half",
 *   "cameras": [
 *     {
 *       "name": "gate",
 *       "input": "rtsp://10.0.0.5/stream",
 *       "user": "viewer",
 *       "passwordFile": "gate.secret",
 *       "record": { "path": "gate.mp4", "segment": "10m" },
 *       "events": "mqtt://127.0.0.1",
 *       "when": ["person>2% for 1s"]
 *     }
 *   ]
 * }
 * ```
 */
import { InputError } from "../errors.ts";
import { redact } from "../ffmpeg/redact.ts";
import type { CameraOptions } from "../watch/camera.ts";
import { CAMERA_NAME, nameCameras } from "./camera_names.ts";
import {
  type CameraDraft,
  mergeDrafts,
  OUTPUT_SETTINGS,
  segmentOf,
  SHARED_SETTINGS,
  text,
} from "./camera_settings.ts";

export { nameCameras } from "./camera_names.ts";

/** What the command line says for every camera. */
export type CameraDefaults = Omit<CameraDraft, "targets">;

/** What {@link parseCameras} is given beside the configuration. */
export interface ParseCamerasOptions {
  /** How messages name the configuration. */
  readonly file: string;
  /** Goes behind all that the configuration says. */
  readonly defaults?: CameraDefaults;
  /** For recordings, where neither the camera nor the configuration says. */
  readonly segmentMs?: number | undefined;
  /** Reads a password's file. */
  readonly readSecret: (path: string) => Promise<string>;
}

/** What may stand beside the cameras as well as in one. */
const SHARED_KEYS = ["segment", ...Object.keys(SHARED_SETTINGS)];
const TOP_KEYS = ["cameras", ...SHARED_KEYS];
const CAMERA_KEYS = [
  ...["name", "input", "user", "passwordFile"],
  ...Object.keys(OUTPUT_SETTINGS),
  ...SHARED_KEYS,
];

/**
 * Reads a configuration. Paths in it are as on the command line: from the current folder.
 *
 * @throws {InputError} If the file, or one with a password, cannot be read.
 * @throws {TypeError} If something in it is wrong; the message names the place and the mend.
 */
export async function readCameras(
  path: string,
  options: Pick<ParseCamerasOptions, "defaults" | "segmentMs"> = {},
): Promise<readonly CameraOptions[]> {
  const content = await readTextFile(path);
  return await parseCameras(parseJson(content, path), {
    ...options,
    file: path,
    readSecret: readTextFile,
  });
}

/**
 * The cameras of a configuration that was read.
 *
 * @throws {TypeError} If something in it is wrong; the message names the place and the mend.
 */
export async function parseCameras(
  config: unknown,
  { file, defaults = {}, segmentMs, readSecret }: ParseCamerasOptions,
): Promise<readonly CameraOptions[]> {
  const fail = (state: string) => new TypeError(`Cannot use ${JSON.stringify(file)}: ${state}`);
  const top = objectAt(config, "it", TOP_KEYS, fail);
  const { cameras } = top;
  if (!Array.isArray(cameras) || cameras.length === 0) {
    throw fail('it names no cameras. Write {"cameras": [{"input": "rtsp://…"}]}.');
  }
  const context = {
    segmentMs: at("segment", top.segment, fail, () => segmentOf(top)) ?? segmentMs,
  };
  const shared = mergeDrafts(defaults, draftOf(top, "", context, fail));
  const entries = cameras.map((camera, index) =>
    objectAt(camera, `cameras[${index}]`, CAMERA_KEYS, fail)
  );
  const inputs: string[] = [];
  for (const [index, camera] of entries.entries()) {
    inputs.push(await inputOf(camera, `cameras[${index}]`, readSecret, fail));
  }
  const names = namesOf(entries, inputs, fail);
  return entries.map((camera, index) => {
    const place = `cameras[${index}]`;
    const own = at(`${place}.segment`, camera.segment, fail, () => segmentOf(camera));
    const draft = draftOf(camera, `${place}.`, { segmentMs: own ?? context.segmentMs }, fail);
    const { events, ...rest } = mergeDrafts(shared, draft);
    const name = names[index]!;
    const input = inputs[index]!;
    if (events === undefined) return { ...rest, name, input };
    const { to } = events;
    if (to === undefined) throw fail(`${place} has "when" but no "events". Say where they go.`);
    return { ...rest, name, input, events: { ...events, to } };
  });
}

type Fail = (state: string) => TypeError;
type Entry = Readonly<Record<string, unknown>>;

/** The settings of an object, all but those that are read elsewhere. */
function draftOf(
  entry: Entry,
  prefix: string,
  context: { readonly segmentMs: number | undefined },
  fail: Fail,
): CameraDraft {
  const settings = { ...SHARED_SETTINGS, ...OUTPUT_SETTINGS };
  let draft: CameraDraft = {};
  for (const [key, value] of Object.entries(entry)) {
    const setting = settings[key];
    if (setting === undefined) continue;
    draft = mergeDrafts(draft, at(prefix + key, value, fail, () => setting(value, context)));
  }
  return draft;
}

/** Reads a value; what is wrong with it is told with its place. */
function at<T>(place: string, value: unknown, fail: Fail, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const shown = redact(JSON.stringify(value) ?? "nothing");
    const mend = error instanceof Error ? error.message : String(error);
    throw fail(`${place} is ${shown}. ${mend}`);
  }
}

function objectAt(value: unknown, place: string, keys: readonly string[], fail: Fail): Entry {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw fail(`${place} is no object. Write {…}.`);
  }
  const unknown = Object.keys(value).find((key) => !keys.includes(key));
  if (unknown === undefined) return value as Entry;
  throw fail(`${place} has ${JSON.stringify(redact(unknown))}. It may have ${keys.join(", ")}.`);
}

/** The input; with a user and a file its password is put into it, in memory only. */
async function inputOf(
  { input, user, passwordFile }: Entry,
  place: string,
  readSecret: (path: string) => Promise<string>,
  fail: Fail,
): Promise<string> {
  const address = at(`${place}.input`, input, fail, () => text(input));
  if (user === undefined && passwordFile === undefined) return address;
  if (user === undefined || passwordFile === undefined) {
    throw fail(`${place} has one of "user" and "passwordFile". Give both.`);
  }
  const [, scheme, rest] = /^([a-z][a-z0-9+.-]*:\/\/)(.+)$/is.exec(address) ?? [];
  if (scheme === undefined || rest === undefined || /^[^/?#]*@/.test(rest)) {
    throw fail(
      `${place}.input is ${JSON.stringify(redact(address))}. With "user" it must be a URL ` +
        "without a user of its own.",
    );
  }
  const name = at(`${place}.user`, user, fail, () => text(user));
  const path = at(`${place}.passwordFile`, passwordFile, fail, () => text(passwordFile));
  const password = (await readSecret(path)).replace(/\r?\n$/, "");
  if (password === "") throw fail(`${place}.passwordFile is ${JSON.stringify(path)}. It is empty.`);
  return `${scheme}${encode(name)}:${encode(password)}@${rest}`;
}

/** As encodeURIComponent(), and the quotes and brackets that it leaves as they are. */
function encode(value: string): string {
  return encodeURIComponent(value)
    .replaceAll(/[!'()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`);
}

function namesOf(entries: readonly Entry[], inputs: readonly string[], fail: Fail): string[] {
  const given = entries.map(({ name }, index) => {
    if (name === undefined) return undefined;
    if (typeof name === "string" && CAMERA_NAME.test(name)) return name;
    throw fail(
      `cameras[${index}].name is ${JSON.stringify(name)}. It must be letters a-z, digits and ` +
        "hyphens between them, 40 at most.",
    );
  });
  const twice = given.findIndex((name, at) => name !== undefined && given.indexOf(name) < at);
  if (twice >= 0) {
    throw fail(`cameras[${twice}].name is "${given[twice]}", as an earlier one's. Change one.`);
  }
  const taken = new Set(given.filter((name) => name !== undefined));
  const made = nameCameras(inputs.filter((_, at) => given[at] === undefined), taken).values();
  return given.map((name) => name ?? made.next().value!);
}

/** What is wrong is told by its place alone: the text itself may hold a password. */
function parseJson(content: string, path: string): unknown {
  try {
    return JSON.parse(content);
  } catch (error) {
    const [, where] = /\((line \d+ column \d+)\)/.exec(String(error)) ?? [];
    throw new TypeError(
      `Cannot use ${JSON.stringify(path)}: it is not valid JSON${where ? ` at ${where}` : ""}. ` +
        "Mend the file.",
    );
  }
}

async function readTextFile(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (cause) {
    const reason = cause instanceof Deno.errors.NotFound
      ? "there is no such file. Check the path."
      : cause instanceof Deno.errors.NotCapable
      ? "Deno was not given leave to read it. Add --allow-read to the command."
      : `${cause instanceof Error ? cause.message : String(cause)}.`;
    throw new InputError(`Cannot read ${JSON.stringify(path)}: ${reason}`, { input: path }, {
      cause,
    });
  }
}
