import { InvalidArgumentError } from "commander";
import { redact } from "../ffmpeg/redact.ts";

/** What the program's exit codes mean. */
export const EXIT = { ok: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/** The engine's words where the system gives it no more memory. */
const NO_MEMORY = new RegExp(
  "^(Array buffer allocation failed|Data cannot be cloned, out of memory|" +
    "WebAssembly\\.Memory(\\.grow)?\\(\\): (could not allocate|Unable to grow))",
);

/** Whether an error says that the arguments are wrong, as the work itself found out. */
export function isUsageError(error: unknown): boolean {
  return error instanceof TypeError ||
    (error instanceof RangeError && !NO_MEMORY.test(error.message));
}

/** The one line that is printed for an error; with `debug` its stack and causes instead. */
export function describeError(error: unknown, options: { debug: boolean }): string {
  if (!(error instanceof Error)) return `segstream: ${redact(String(error))}`;
  if (options.debug) return `segstream: ${redact(Deno.inspect(error))}`;
  if (NO_MEMORY.test(error.message)) {
    return "segstream: Cannot go on: there is not enough memory for that. Take a smaller " +
      "--resolution, or fewer --workers.";
  }
  const line = error.message.replaceAll(/\s*\n\s*/g, " ").trim();
  return `segstream: ${redact(line || error.name)}`;
}

/** The one line for a command line that commander does not take; its own has a prefix and more lines. */
export function describeUsage(text: string): string {
  const line = text.replace(/^error: /, "").replaceAll(/\s*\n\s*/g, " ").trim();
  return `segstream: ${line}${/[.?!)]$/.test(line) ? "" : "."} See segstream --help.`;
}

/** Makes a parser's `TypeError` or `RangeError` a usage error of the option it stands behind. */
export function argument<T>(parse: (text: string) => T): (text: string) => T {
  return (text) => {
    try {
      return parse(text);
    } catch (error) {
      throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
    }
  };
}

/** Parses a number within bounds; the unit is part of the option's description. */
export function number(
  options: { min: number; max: number; integer?: boolean },
): (text: string) => number {
  const { min, max, integer = false } = options;
  return argument((text) => {
    const value = Number(text);
    const isValid = text.trim() !== "" && value >= min && value <= max &&
      (!integer || Number.isInteger(value));
    if (isValid) return value;
    const kind = integer ? "a whole number" : "a number";
    throw new RangeError(`It must be ${kind} from ${min} to ${max}.`);
  });
}

/** Parses one of a few words. */
export function oneOf<T extends string>(choices: readonly T[]): (text: string) => T {
  return argument((text) => {
    if ((choices as readonly string[]).includes(text)) return text as T;
    throw new RangeError(`It must be one of ${choices.join(", ")}.`);
  });
}
