import type { Command } from "commander";
import type { CancelOutcome } from "../../farm/cancel.ts";
import { EXIT } from "../exit.ts";
import { addConnectionFlags, type ConnectionFlags, withRedis } from "./connection.ts";

const WORDS: Readonly<Record<CancelOutcome, string>> = {
  removed: "removed; nobody had begun with it",
  ending: "cancelled; its workers leave it within seconds",
  ended: "had ended before",
  unknown: "is not in the queue. See segstream farm status",
};

/** Adds `segstream farm cancel`. */
export function addCancelCommand(farm: Command, exit: (code: number) => void): void {
  const command = farm.command("cancel")
    .description("take files or cameras out of the farm; outputs that are complete stay")
    .argument("<id...>", "as submit and status print them");
  addConnectionFlags(command)
    .action(async (ids: string[], options: ConnectionFlags) => exit(await run(ids, options)));
}

async function run(ids: readonly string[], options: ConnectionFlags): Promise<number> {
  const { cancel } = await import("../../farm/cancel.ts");
  const outcomes = await withRedis(options, async (redis) => {
    const found: CancelOutcome[] = [];
    for (const id of ids) found.push(await cancel(redis, id));
    return found;
  });
  const lines = ids.map((id, index) => `${id} ${WORDS[outcomes[index]!]}.\n`);
  await Deno.stdout.write(new TextEncoder().encode(lines.join("")));
  return outcomes.includes("unknown") ? EXIT.failed : EXIT.ok;
}
