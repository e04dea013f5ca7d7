import type { Command } from "commander";
import { EXIT } from "../exit.ts";
import { watchInterrupts } from "../interrupts.ts";
import { addConnectionFlags, type ConnectionFlags, withRedis } from "./connection.ts";
import { formatStatus } from "./status_table.ts";

/** The options as commander gives them. */
interface Options extends ConnectionFlags {
  readonly json?: boolean;
  readonly once?: boolean;
}

const REFRESH_MS = 1000;

/** Moves to the top left and clears from there: what was printed before is overwritten. */
const HOME = "\x1b[H\x1b[J";

/** Adds `segstream farm status`. */
export function addStatusCommand(farm: Command, exit: (code: number) => void): void {
  const command = farm.command("status")
    .description("who works on what; in a terminal the table follows, until Ctrl-C")
    .option("--once", "print the table once")
    .option("--json", "print it once, as data");
  addConnectionFlags(command)
    .action(async (options: Options) => exit(await run(options)));
}

async function run(options: Options): Promise<number> {
  const { farmStatus } = await import("../../farm/status.ts");
  const isLive = !options.json && !options.once && Deno.stdout.isTerminal();
  const { stop, release } = watchInterrupts(() => {});
  try {
    await withRedis(options, async (redis) => {
      do {
        const status = await farmStatus(redis);
        const text = options.json ? JSON.stringify(status, null, 1) : formatStatus(status, {
          columns: Deno.stdout.isTerminal() ? Deno.consoleSize().columns : 100,
          rows: isLive ? Deno.consoleSize().rows : undefined,
        });
        await Deno.stdout.write(new TextEncoder().encode(`${isLive ? HOME : ""}${text}\n`));
        if (isLive) await pause(REFRESH_MS, stop);
      } while (isLive && !stop.aborted);
    });
  } finally {
    release();
  }
  return EXIT.ok;
}

/** Resolves after a while, or when the signal aborts. */
function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, delayMs);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    }, { once: true });
  });
}
