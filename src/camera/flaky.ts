/** What goes wrong with a camera, on a schedule that its seed repeats. */
import { evenSize, formatSize, type Size } from "../frame/geometry.ts";
import { between, pick, type Random, seededRandom } from "../source/street/random.ts";

/** One failure; `atMs` counts from when the camera began to serve. */
export type Failure =
  /** Connections stay open and nothing is sent or answered. */
  | { readonly kind: "stall"; readonly atMs: number; readonly durationMs: number }
  /** Every connection is cut; new ones are taken. */
  | { readonly kind: "drop"; readonly atMs: number }
  /** Every connection is cut, the port is closed meanwhile, and then the picture has that size. */
  | {
    readonly kind: "reboot";
    readonly atMs: number;
    readonly durationMs: number;
    readonly size: Size;
  };

/** Seconds; durations and times are whole ones, so that a person can follow. */
const STALL = [3, 15] as const;
const REBOOT = [2, 10] as const;

/** Seconds from the end of a failure to the next one: a client has time to come back. */
const CALM = [6, 20] as const;

/** Sizes in parts of the first one. */
const SCALES = [1, 3 / 4, 1 / 2] as const;

const SMALLEST_SIDE = 32;

const DECK = ["stall", "drop", "reboot", "resize"] as const;

/**
 * The failures of a camera whose picture has `size` at first, without end: the same for the same
 * arguments. In every four each kind comes once: a stall, a drop, a reboot, and a reboot to another
 * size.
 */
export function* scheduleFailures(seed: number, size: Size): Generator<Failure, never> {
  const random = seededRandom(seed);
  const sizes = SCALES.map((scale) => scaled(size, scale));
  let current = sizes[0]!;
  let atMs = 0;
  for (;;) {
    for (const card of shuffle(DECK, random)) {
      atMs += seconds(random, CALM);
      if (card === "drop") {
        yield { kind: "drop", atMs };
        continue;
      }
      const durationMs = seconds(random, card === "stall" ? STALL : REBOOT);
      if (card === "stall") {
        yield { kind: "stall", atMs, durationMs };
      } else {
        if (card === "resize") current = pick(random, sizes.filter((each) => each !== current));
        yield { kind: "reboot", atMs, durationMs, size: current };
      }
      atMs += durationMs;
    }
  }
}

/** A whole number of seconds, both bounds included, in milliseconds. */
function seconds(random: Random, [least, most]: readonly [number, number]): number {
  return Math.floor(between(random, least, most + 1)) * 1000;
}

function scaled(size: Size, scale: number): Size {
  const side = (length: number) => Math.max(SMALLEST_SIDE, Math.round(length * scale));
  return scale === 1 ? size : evenSize({ width: side(size.width), height: side(size.height) });
}

/** Fisher and Yates. */
function shuffle<T>(items: readonly T[], random: Random): T[] {
  const shuffled = [...items];
  for (let last = shuffled.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [shuffled[last], shuffled[other]] = [shuffled[other]!, shuffled[last]!];
  }
  return shuffled;
}

/** "stall 4 s", "drop", "reboot 6 s, then 512x256". */
export function formatFailure(failure: Failure): string {
  if (failure.kind === "drop") return "drop";
  const text = `${failure.kind} ${failure.durationMs / 1000} s`;
  return failure.kind === "stall" ? text : `${text}, then ${formatSize(failure.size)}`;
}
