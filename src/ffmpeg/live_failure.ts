/** Why a live input gave no more frames, in words for its owner. */
import type { FfmpegExit } from "./process.ts";

/** What to make of the end of a live decoder. */
export interface LiveFailure {
  /**
   * - `refused`: the camera answers and does not let this user in; asking often may lock it.
   * - `absent`: it answers that there is no such stream.
   * - `hopeless`: this ffmpeg cannot open such an input, now or later.
   * - `lost`: anything that may be over in a moment.
   */
  readonly kind: "refused" | "absent" | "hopeless" | "lost";
  /** A clause on one line, credentials hidden, without a full stop at its end. */
  readonly reason: string;
}

/** What ffmpeg 4.1 to 5.1 print, the most telling first. */
const TEXTS: readonly (readonly [
  text: RegExp,
  kind: LiveFailure["kind"],
  reason: string | ((match: RegExpExecArray) => string),
])[] = [
  [
    /(method \w+ failed: |Server returned |HTTP error )403/,
    "refused",
    "the camera forbids this stream (403). Give the user leave to see it",
  ],
  [
    /(method \w+ failed: |Server returned |HTTP error )404/,
    "absent",
    "the camera has no such stream (404). Check the path behind the host",
  ],
  [
    /method SETUP failed: 461|Nonmatching transport/,
    "lost",
    "the camera does not send over this transport. Try the other --rtsp-transport, tcp or udp",
  ],
  [/(?:method \w+ failed: |Server returned )([45]\w\w\b[^(\n]*)/, "lost", serverAnswer],
  [/Protocol not found/, "hopeless", "this ffmpeg knows no such protocol. Name another --ffmpeg"],
  [/Option \S+ not found/, "hopeless", (match) => `this ffmpeg says "${match[0]}"`],
  [/Connection refused/, "lost", "nothing answers at that address and port"],
  [/Failed to resolve hostname/, "lost", "the host's name is not known. Check it, or the network"],
  [
    /No route to host|Network is unreachable|Host is unreachable/,
    "lost",
    "the host is not reached",
  ],
  [/Device or resource busy/, "lost", "another program uses the device"],
  [
    /Cannot open video device[^\n]*Permission denied/,
    "lost",
    'you may not read the device. Add your user to the group "video"',
  ],
  [
    /Cannot open video device[^\n]*No such (file|device)/,
    "lost",
    "there is no such device. Plug the camera in, or name another",
  ],
  [/matches no streams/, "lost", "there is no video in the stream"],
  [/timed out|Operation timed out/i, "lost", "the camera stopped answering"],
  [/Connection reset|Broken pipe/, "lost", "the camera broke the connection off"],
];

/**
 * What the end of a live decoder means.
 *
 * @param wasLive Whether it gave frames, so that its messages are about its end and not its start.
 * @param hasPassword Whether a user is named in the input.
 */
export function liveFailure(exit: FfmpegExit, wasLive: boolean, hasPassword: boolean): LiveFailure {
  // A stream that ran tells of every damaged picture; why it ended is in its last words.
  const text = wasLive ? exit.stderrTail.split("\n").slice(-3).join("\n") : exit.stderrTail;
  if (/(method \w+ failed: |Server returned |HTTP error )401/.test(text)) {
    return {
      kind: "refused",
      reason: hasPassword
        ? "the camera rejects the user or the password (401). Check both"
        : "the camera wants a user and a password (401). Write them before the host: user:password@",
    };
  }
  for (const [pattern, kind, reason] of TEXTS) {
    const match = pattern.exec(text);
    if (match !== null) {
      return { kind, reason: typeof reason === "string" ? reason : reason(match) };
    }
  }
  if (exit.signal !== null) {
    return { kind: "lost", reason: `the decoder was ended by ${exit.signal}` };
  }
  if (wasLive && exit.code === 0) return { kind: "lost", reason: "the stream ended" };
  return { kind: "lost", reason: exit.lastError || `ffmpeg ended with exit code ${exit.code}` };
}

/** "503 Service Unavailable" or "5XX Server Error reply". */
function serverAnswer(match: RegExpExecArray): string {
  return `the camera answers ${match[1]!.trim()}`;
}
