/** The command line: parses, prints, sets the exit code; the work is the library's. */
import { Command, CommanderError } from "commander";
import { describeError, EXIT } from "./exit.ts";
import { addSegmentCommand } from "./segment.ts";

/** The version that `--version` prints; a test holds it to deno.json's. */
export const VERSION = "0.1.0";

/** Runs one command and ends the process with its exit code. */
export async function runCli(args: readonly string[]): Promise<never> {
  Deno.exit(await exitCodeOf(args));
}

async function exitCodeOf(args: readonly string[]): Promise<number> {
  let exitCode: number = EXIT.ok;
  const program = new Command("segstream")
    .version(VERSION)
    .showHelpAfterError("Run segstream --help to see every option.")
    .exitOverride();
  addSegmentCommand(program, (code) => exitCode = code);
  try {
    await program.parseAsync(args, { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    const debug = args.includes("--debug");
    await printError(describeError(error, { debug }));
    return isUsage(error) ? EXIT.usage : EXIT.failed;
  }
}

/** Wrong arguments that only the work itself could find out. */
function isUsage(error: unknown): boolean {
  return error instanceof TypeError || error instanceof RangeError;
}

async function printError(line: string): Promise<void> {
  await Deno.stderr.write(new TextEncoder().encode(`${line}\n`));
}
