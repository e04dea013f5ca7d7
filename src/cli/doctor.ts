import type { Command } from "commander";
import type { ExamineOptions } from "../doctor/doctor.ts";
import { wantsColour } from "../report/table.ts";
import { EXIT } from "./exit.ts";

/** The options as commander gives them. */
type Options = ExamineOptions & { readonly json?: boolean };

/** Adds `segstream doctor`: what works here, and how to mend what does not. */
export function addDoctorCommand(program: Command, exit: (code: number) => void): void {
  program.command("doctor")
    .description(
      "Tells what works here and how to mend what does not; exits with 1 if no video can be segmented",
    )
    .option(
      "--ffmpeg <path>",
      "the ffmpeg to look at (default: SEGSTREAM_FFMPEG, then the bundled)",
    )
    .option("--model <name>", "a shipped model or a .safetensors file")
    .option("--json", "print the findings as data")
    .option("--debug", "print stacks with errors")
    .action(async (options: Options) => exit(await run(options)));
}

async function run(options: Options): Promise<number> {
  // Loaded only for this command: nothing else needs it.
  const [{ examine }, { formatDiagnosis }] = await Promise.all([
    import("../doctor/doctor.ts"),
    import("../doctor/text.ts"),
  ]);
  const diagnosis = await examine(options);
  const text = options.json ? JSON.stringify(diagnosis, null, 1) : formatDiagnosis(diagnosis, {
    columns: Deno.stdout.isTerminal() ? Deno.consoleSize().columns : 100,
    colour: wantsColour(Deno.stdout),
  });
  await Deno.stdout.write(new TextEncoder().encode(`${text}\n`));
  return diagnosis.canSegment ? EXIT.ok : EXIT.failed;
}
