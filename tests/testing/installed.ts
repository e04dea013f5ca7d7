import { type CommandResult, runCommand } from "./command.ts";

/** What a program says when it is run so; undefined where it is not installed or fails. */
export async function answerOf(
  program: string,
  args: readonly string[],
): Promise<CommandResult | undefined> {
  try {
    const result = await runCommand(program, args);
    return result.code === 0 ? result : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
