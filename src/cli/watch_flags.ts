/** The flags of live runs. */
import type { Command } from "commander";
import { parseDuration } from "../frame/duration.ts";
import { parseListen } from "../live/listen.ts";
import type { LogFormat } from "../report/stream_log.ts";
import type { DropPolicy } from "../source/live.ts";
import { isLiveInput } from "../ffmpeg/live_input.ts";
import { argument, number, oneOf } from "./exit.ts";

/** The flags as commander gives them. */
export interface WatchFlags {
  readonly live?: ReturnType<typeof parseListen>;
  readonly config?: string;
  readonly drop?: DropPolicy;
  /** Milliseconds. */
  readonly stallTimeout?: number;
  readonly maxReconnects?: number;
  readonly rtspTransport?: "tcp" | "udp";
  readonly targetFps?: number;
  /** Milliseconds. */
  readonly targetLatency?: number;
  /** Milliseconds. */
  readonly segment?: number;
  readonly events?: string;
  readonly when?: readonly string[];
  readonly log?: LogFormat;
  readonly tokenFile?: string;
}

const POLICIES = ["oldest", "newest", "wait"] as const;
const TRANSPORTS = ["tcp", "udp"] as const;
const FORMATS = ["text", "json"] as const;

/** Adds the flags, as a group of their own in the help. */
export function addWatchFlags(command: Command): Command {
  return command
    .optionsGroup("Cameras, or anything live:")
    .option("--live <[host]:port>", "serve a page with the stream", argument(parseListen))
    .option("--config <file.json>", "cameras and what to do with each")
    .option("--drop <which>", "when too slow: oldest, newest, or wait", oneOf(POLICIES), "oldest")
    .option(
      "--target-fps <n>",
      "shrink the network while fewer frames go out",
      number({ min: 0.1, max: 1000 }),
    )
    .option("--target-latency <ms>", "shrink it while frames take longer", number(LATENCY))
    .option("--segment <time>", "cut recordings: 10m, 1h", argument(parseDuration))
    .option("--events <where>", "report frames as JSON: a file, -, http(s):// or mqtt(s)://")
    .option("--when <condition>", "report crossings instead: 'person>2%'; repeatable", collect)
    .option(
      "--log <format>",
      "what happens to the streams, as text or json",
      oneOf(FORMATS),
      "text",
    )
    .option("--rtsp-transport <kind>", "tcp or udp", oneOf(TRANSPORTS), "tcp")
    .option(
      "--stall-timeout <time>",
      "reconnect after so long without a frame (default: 10s)",
      argument(parseDuration),
    )
    .option(
      "--max-reconnects <n>",
      "give a camera up after so many attempts in a row (default: never)",
      number({ min: 0, max: 1e9, integer: true }),
    )
    .option("--token-file <file>", "keep the page's token there: it outlives a restart");
}

/** Whether a command line is one for cameras, rather than for a file. */
export function isWatchCommand(
  inputs: readonly string[],
  command: WatchFlags & { readonly output?: readonly string[] },
): boolean {
  const { live, config, segment, output = [] } = command;
  if (live !== undefined || config !== undefined || segment !== undefined) return true;
  if (inputs.length !== 1 || isLiveInput(inputs[0]!)) return true;
  return output.some((each) => /^(rtsps?|rtmps?):/i.test(each) || /[\\/]$|\.m3u8$/i.test(each));
}

const LATENCY = { min: 1, max: 60_000 };

/** Collects an option that may be given several times. */
export function collect(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}
