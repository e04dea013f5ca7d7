/** The command line: parses, prints, sets the exit code; the work is the library's. */
import { Command, CommanderError } from "commander";
import { describeError, describeUsage, EXIT, isUsageError } from "./exit.ts";
import { VERSION } from "../version.ts";
import { wantsColour } from "../report/table.ts";
import { addSegmentCommand } from "./segment.ts";

/** Runs one command and ends the process with its exit code. */
export async function runCli(args: readonly string[]): Promise<never> {
  Deno.exit(await exitCodeOf(args));
}

/** Adds a command to the program. */
type AddCommand = (program: Command, exit: (code: number) => void) => void;

/** By name. Each is loaded only where it is spoken of: together they cost a run its first moments. */
const COMMANDS: Readonly<Record<string, () => Promise<AddCommand>>> = {
  bench: async () => (await import("./bench.ts")).addBenchCommand,
  eval: async () => (await import("./eval.ts")).addEvalCommand,
  model: async () => (await import("./model.ts")).addModelCommand,
  camera: async () => (await import("./camera.ts")).addCameraCommand,
  farm: async () => (await import("./farm.ts")).addFarmCommand,
  doctor: async () => (await import("./doctor.ts")).addDoctorCommand,
};

/** The commands that the arguments may be about: those they name, or all where help is wanted. */
function commandsIn(args: readonly string[]) {
  const wantsAll = args.length === 0 || args.some((arg) => /^(help|-h|--help)$/.test(arg));
  return Object.keys(COMMANDS).filter((name) => wantsAll || args.includes(name))
    .map((name) => COMMANDS[name]!);
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
  const exit = (code: number) => exitCode = code;
  addSegmentCommand(program, exit);
  for (const load of commandsIn(args)) (await load())(program, exit);
  try {
    await program.parseAsync(args, { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    const debug = args.includes("--debug");
    await printError(describeError(error, { debug }));
    return isUsageError(error) ? EXIT.usage : EXIT.failed;
  }
}

async function printError(line: string): Promise<void> {
  await Deno.stderr.write(new TextEncoder().encode(`${line}\n`));
}
