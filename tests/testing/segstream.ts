import {
  type CommandOptions,
  type CommandResult,
  type RunningCommand,
  startCommand,
} from "./command.ts";
import { REPOSITORY, repositoryPath } from "./repository.ts";

/**
 * Starts the real program as a user does in a checkout, with the permissions of deno.json:
 * `deno run -q -P mod.ts …`. Colours are off unless `options.env` says otherwise.
 */
export function startSegstream(
  args: readonly string[],
  options: CommandOptions = {},
): RunningCommand {
  return startCommand(Deno.execPath(), ["run", "-q", "-P", repositoryPath("mod.ts"), ...args], {
    cwd: REPOSITORY,
    ...options,
    env: { NO_COLOR: "1", ...options.env },
  });
}

/** Runs the real program to its end. */
export function runSegstream(
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  return startSegstream(args, options).ended;
}
