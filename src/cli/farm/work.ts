import type { Command } from "commander";
import type { WorkerEntry } from "../../farm/roster.ts";
import { parseProvider, type ProviderChoice } from "../../infer/providers.ts";
import { argument, EXIT, number } from "../exit.ts";
import { watchInterrupts } from "../interrupts.ts";
import { addConnectionFlags, type ConnectionFlags, withRedis } from "./connection.ts";

/** The options as commander gives them. */
interface Options extends ConnectionFlags {
  readonly name?: string;
  readonly jobs?: number;
  readonly threads?: number;
  readonly cameras?: number;
  readonly provider?: ProviderChoice;
  readonly ffmpeg?: string;
  readonly fps?: number;
  readonly lease: number;
}

const COUNT = { min: 0, max: 1024, integer: true };
const THREADS = { min: 1, max: 1024, integer: true };
const FPS = { min: 0.1, max: 100_000 };

/** In seconds. */
const LEASE = { min: 1, max: 3600 };
const DEFAULT_LEASE = 15;

/** How long what is in hand may take to be given back before the process ends without. */
const LAST_GRACE_MS = 5000;

const NOTES = `
The first Ctrl-C (or SIGTERM) takes nothing new and finishes what is in hand; the second gives it
back to the queue at once.`;

/** Adds `segstream farm work`. */
export function addWorkCommand(farm: Command, exit: (code: number) => void): void {
  const command = farm.command("work")
    .description("make this machine a worker of the farm")
    .option("--name <name>", "what the status calls this machine (default: its host name)")
    .option("--jobs <n>", "files or parts at a time; 0 for none (default: by cores)", number(COUNT))
    .option(
      "--threads <n>",
      "inference threads over all jobs (default: one a core)",
      number(THREADS),
    )
    .option("--cameras <n>", "cameras at a time (default: by the measured speed)", number(COUNT))
    .option("--provider <name>", "where the network runs (default: auto)", argument(parseProvider))
    .option("--ffmpeg <path>", "the ffmpeg to run (default: SEGSTREAM_FFMPEG, then the bundled)")
    .option("--fps <n>", "take this for the measured speed", number(FPS))
    .option(
      "--lease <seconds>",
      "how long a silent worker keeps its files before another gets them",
      number(LEASE),
      DEFAULT_LEASE,
    );
  addConnectionFlags(command)
    .addHelpText("after", NOTES)
    .action(async (options: Options) => exit(await run(options)));
}

async function run(options: Options): Promise<number> {
  const { stop, kill, release } = watchInterrupts(() =>
    log("Finishing what is in hand; Ctrl-C again gives it back.")
  );
  const [{ work }, { openStorages }, { openS3Storage }] = await Promise.all([
    import("../../farm/farm.ts"),
    import("../../farm/storages.ts"),
    import("../../farm/s3_storage.ts"),
  ]);
  const storages = openStorages(openS3Storage);
  try {
    await withRedis(options, async (redis) => {
      const working = work(redis, {
        ...options,
        name: options.name ?? hostName(),
        leaseMs: options.lease * 1000,
        storages,
        stop,
        kill,
        log,
        onReady: (entry) => log(describe(entry)),
      });
      await Promise.race([working, after(kill, LAST_GRACE_MS)]);
    });
  } catch (error) {
    // Stopped while it was still looking at the machine.
    if (!stop.aborted) throw error;
  } finally {
    await storages.close();
    release();
  }
  return kill.aborted ? EXIT.interrupted : EXIT.ok;
}

function describe({ name, cores, provider, fps, jobs, cameras }: WorkerEntry): string {
  const what = [
    `${jobs} ${jobs === 1 ? "job" : "jobs"}`,
    ...(cameras > 0 ? [`${cameras} ${cameras === 1 ? "camera" : "cameras"}`] : []),
  ];
  return `${name} works: ${cores} cores, ${provider}, ${fps} fps measured; ${
    what.join(" and ")
  } at a time.`;
}

function hostName(): string {
  const { state } = Deno.permissions.querySync({ name: "sys", kind: "hostname" });
  return state === "granted" ? Deno.hostname() : "worker";
}

function log(line: string): void {
  const time = new Date().toISOString().slice(11, 19);
  Deno.stderr.writeSync(new TextEncoder().encode(`${time} ${line}\n`));
}

/** Resolves so long after the signal; it may have been given while Redis was being reached. */
function after(signal: AbortSignal, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    const wait = () => setTimeout(resolve, delayMs);
    if (signal.aborted) wait();
    else signal.addEventListener("abort", wait, { once: true });
  });
}
