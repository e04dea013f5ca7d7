/** The command line: parses, prints, sets the exit code; the work is the library's. */
import { Command, CommanderError } from "commander";
import { addBenchCommand } from "./bench.ts";
import { addDoctorCommand } from "./doctor.ts";
import { addEvalCommand } from "./eval.ts";
import { describeError, describeUsage, EXIT } from "./exit.ts";
import { addModelCommand } from "./model.ts";
import { VERSION } from "../version.ts";
import { wantsColour } from "../report/table.ts";
import { addSegmentCommand } from "./segment.ts";

/** Runs one command and ends the process with its exit code. */
export async function runCli(args: readonly string[]): Promise<never> {
  Deno.exit(await exitCodeOf(args));
}

async function exitCodeOf(args: readonly string[]): Promise<number> {
  let exitCode: number = EXIT.ok;
  const program = new Command("segstream")
    .version(VERSION)
    .helpCommand("help [command]", "display help for command")
    .enablePositionalOptions() // a command's own --model is not the one of the bare program
    // Left alone, commander asks Node for colours, which reads a dozen environment variables.
    .configureOutput({
      getOutHasColors: () => wantsColour(Deno.stdout),
      getErrHasColors: () => wantsColour(Deno.stderr),
      outputError: (text, write) => write(`${describeUsage(text)}\n`),
    })
    .exitOverride();
  addSegmentCommand(program, (code) => exitCode = code);
  addBenchCommand(program, (code) => exitCode = code);
  addDoctorCommand(program, (code) => exitCode = code);
  addEvalCommand(program, (code) => exitCode = code);
  addModelCommand(program);
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
