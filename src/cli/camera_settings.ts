/** The settings that a camera can have in a configuration, and what each becomes. */
import { parseDuration } from "../frame/duration.ts";
import { type BroadcastTarget, parseTarget } from "../sink/broadcast.ts";
import type { CameraOptions } from "../watch/camera.ts";
import { LIVE_VIEWS } from "../watch/drawing.ts";
import { parseResolution } from "./resolution.ts";

/** A camera's options on the way, before they are known to be complete. */
export type CameraDraft = Partial<Omit<CameraOptions, "name" | "input" | "events">> & {
  readonly events?: Partial<NonNullable<CameraOptions["events"]>>;
};

/** Where recordings are cut, if nothing else is said beside them. */
export interface SettingContext {
  /** Undefined: they are not cut. */
  readonly segmentMs: number | undefined;
}

/** Reads one setting; throws an error that says what it must be. */
type Setting = (value: unknown, context: SettingContext) => CameraDraft;

/** What may be said for all cameras as well as for one. */
export const SHARED_SETTINGS: Readonly<Record<string, Setting>> = {
  resolution: (value) => ({ resolution: parseResolution(text(value)) }),
  every: (value) => ({ every: number(value, { min: 1, max: 1000, integer: true }) }),
  skipStill: (value) => ({ skipStill: flag(value) }),
  drop: (value) => ({ drop: choice(value, ["oldest", "newest", "wait"]) }),
  rtspTransport: (value) => ({ rtspTransport: choice(value, ["tcp", "udp"]) }),
  stallTimeout: (value) => ({ stallTimeoutMs: duration(value) }),
  maxReconnects: (value) => ({
    maxReconnects: number(value, { min: 0, max: 1e9, integer: true }),
  }),
  targetFps: (value) => ({ target: { fps: number(value, { min: 0.1, max: 1000 }) } }),
  targetLatencyMs: (value) => ({ target: { latencyMs: number(value, { min: 1, max: 60_000 }) } }),
  events: (value) => ({ events: { to: text(value) } }),
  when: (value) => ({ events: { when: texts(value) } }),
  view: (value) => ({ look: { view: choice(value, LIVE_VIEWS) } }),
  alpha: (value) => ({ look: { alpha: number(value, { min: 0, max: 1 }) } }),
  classes: (value) => ({ look: { classes: text(value) } }),
  hide: (value) => ({ look: { hide: text(value) } }),
  legend: (value) => ({ look: { legend: flag(value) } }),
  hud: (value) => ({ look: { hud: flag(value) } }),
  encoder: (value) => ({ encode: { encoder: text(value) } }),
  crf: (value) => ({ encode: { crf: number(value, { min: 0, max: 63 }) } }),
  preset: (value) => ({ encode: { preset: text(value) } }),
};

/** Where the picture goes: each camera has its own, or they would write over each other. */
export const OUTPUT_SETTINGS: Readonly<Record<string, Setting>> = {
  output: (value, { segmentMs }) => ({
    targets: texts(value).map((each) => parseTarget(each, { segmentMs })),
  }),
  record: (value, context) => ({ targets: [recording(value, context)] }),
  publish: (value) => ({ targets: texts(value).map((each) => target(each, "publish")) }),
  hls: (value) => ({ targets: [target(`${text(value).replace(/[\\/]+$/, "")}/`, "hls")] }),
};

/** The length of segments that a configuration asks for, or part of one. */
export function segmentOf({ segment }: { readonly segment?: unknown }): number | undefined {
  return segment === undefined ? undefined : duration(segment);
}

/** Settings of one over those of another, groups setting by setting; outputs of both. */
export function mergeDrafts(base: CameraDraft, over: CameraDraft): CameraDraft {
  const targets = [...base.targets ?? [], ...over.targets ?? []];
  return {
    ...base,
    ...over,
    ...(targets.length > 0 && { targets }),
    ...((base.look ?? over.look) && { look: { ...base.look, ...over.look } }),
    ...((base.target ?? over.target) && { target: { ...base.target, ...over.target } }),
    ...((base.events ?? over.events) && { events: { ...base.events, ...over.events } }),
    ...((base.encode ?? over.encode) && { encode: { ...base.encode, ...over.encode } }),
  };
}

/**
 * The value, if it is a text.
 *
 * @throws {RangeError} If it is none, or an empty one.
 */
export function text(value: unknown): string {
  if (typeof value === "string" && value.trim() !== "") return value;
  throw new RangeError("It must be a text.");
}

function texts(value: unknown): readonly string[] {
  const list = Array.isArray(value) ? value : [value];
  if (list.length > 0 && list.every((each) => typeof each === "string" && each.trim() !== "")) {
    return list;
  }
  throw new RangeError("It must be a text or a list of texts.");
}

function recording(value: unknown, { segmentMs }: SettingContext): BroadcastTarget {
  if (typeof value === "string") return target(value, "record", segmentMs);
  const { path, segment, ...others } = Object(value) as Record<string, unknown>;
  if (typeof path !== "string" || Object.keys(others).length > 0) {
    throw new RangeError('It must be a path, or {"path": …, "segment": …}.');
  }
  return target(path, "record", segmentOf({ segment }) ?? segmentMs);
}

function target(
  value: string,
  kind: BroadcastTarget["kind"],
  segmentMs?: number,
): BroadcastTarget {
  const parsed = parseTarget(value, { segmentMs });
  if (parsed.kind === kind) return parsed;
  throw new RangeError(
    {
      record: "It must be a video file, such as gate.mp4.",
      publish: "It must begin with rtsp://, rtsps://, rtmp:// or rtmps://.",
      hls: "It must be a folder.",
    }[kind],
  );
}

function flag(value: unknown): boolean {
  if (typeof value === "boolean") return value;
  throw new RangeError("It must be true or false.");
}

function number(value: unknown, bounds: { min: number; max: number; integer?: true }): number {
  const { min, max, integer = false } = bounds;
  const isValid = typeof value === "number" && value >= min && value <= max &&
    (!integer || Number.isInteger(value));
  if (isValid) return value;
  throw new RangeError(`It must be a ${integer ? "whole " : ""}number from ${min} to ${max}.`);
}

/** Seconds as a number, or a text such as "10m". */
function duration(value: unknown): number {
  const ms = parseDuration(typeof value === "number" ? `${value}s` : text(value));
  if (ms > 0) return ms;
  throw new RangeError("It must be longer than nothing.");
}

function choice<const T extends string>(value: unknown, choices: readonly T[]): T {
  const chosen = choices.find((each) => each === value);
  if (chosen !== undefined) return chosen;
  throw new RangeError(`It must be one of ${choices.join(", ")}.`);
}
