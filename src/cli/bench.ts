import type { Command } from "commander";
import type { BenchmarkOptions } from "../bench/bench.ts";
import type { BenchProviders } from "../bench/providers.ts";
import { PRECISIONS } from "../infer/precision.ts";
import { parseProvider } from "../infer/providers.ts";
import { NETWORK_NAMES, type NetworkName } from "../model/networks/figures.ts";
import type { Resolution } from "../model/resolution.ts";
import type { BenchReport } from "../report/bench_report.ts";
import { formatBench, formatComparison } from "../report/bench_text.ts";
import { wantsColour } from "../report/table.ts";
import { PartialFile } from "../sink/partial_file.ts";
import { argument, EXIT, oneOf } from "./exit.ts";
import { watchInterrupts } from "./interrupts.ts";
import { parseResolutions } from "./resolution.ts";

/** The options as commander gives them. */
type Options = BenchmarkOptions & {
  readonly resolution?: readonly Resolution[];
  readonly from?: string;
  readonly json?: string;
  readonly html?: string;
  readonly compare?: string;
  readonly overwrite?: boolean;
};

const EXAMPLES = `
Examples:
  segstream bench                              what this machine can do; about four minutes
  segstream bench --quick                      a first impression in less than one
  segstream bench --input drive.mp4 --provider all --html report.html
  segstream bench --json new.json --compare old.json
  segstream bench --from new.json --compare old.json --html report.html

Run nothing beside it: the figures say what was left of the machine.`;

const PARTS = ["network", "video"] as const;

/** Adds `segstream bench`: measure this machine, show it, keep it, compare it. */
export function addBenchCommand(program: Command, exit: (code: number) => void): void {
  program.command("bench")
    .description("Measures fps by the paper's protocol and from file to file, beside the naive way")
    .option("--quick", "fewer runs: a first impression")
    .option("--input <file>", "what the runs from file to file read (default: a drawn street)")
    .option("--provider <name>", "auto, all, cpu, webgpu, cuda, ...", argument(parse), "auto")
    .option(
      "--resolution <list>",
      "of the network: full,half,quarter or WxH (default: those three)",
      argument(parseList),
    )
    .option("--precision <kind>", "auto, fp32 or int8, on the CPU", oneOf(PRECISIONS), "auto")
    .option("--only <part>", PARTS.join(" or "), oneOf(PARTS))
    .option(
      "--networks <list>",
      `also compare networks: all, or some of ${NETWORK_NAMES.join(",")}`,
      argument(parseNetworks),
    )
    .option("--memory", "compare the memory of 3,000 frames with that of 300; a minute more")
    .option("--model <name>", "a shipped model or a .safetensors file")
    .option("--ffmpeg <path>", "the ffmpeg to run (default: SEGSTREAM_FFMPEG, then the bundled)")
    .optionsGroup("Reports:")
    .option("--json <file>", "write the report as data")
    .option("--html <file>", "write the report as a page with charts, one file")
    .option("--compare <file.json>", "say what became faster or slower since that report")
    .option("--from <file.json>", "measure nothing: show that report")
    .option("--overwrite", "replace reports that exist")
    .option("--debug", "print stacks with errors")
    .addHelpText("after", EXAMPLES)
    .action(async (options: Options) => exit(await run(options)));
}

async function run(options: Options): Promise<number> {
  // What only this command needs is loaded only for it.
  const [{ readReport }, { compareReports }] = await Promise.all([
    import("../bench/read_report.ts"),
    import("../bench/compare.ts"),
  ]);
  // Everything that may fail for a wrong word fails before the minutes of measuring.
  const before = options.compare === undefined ? undefined : await readReport(options.compare);
  const files = await reserve(options);
  const unfinished = new Set(Object.values(files).filter((file) => file !== undefined));
  const write = async (file: PartialFile | undefined, text: () => string | Promise<string>) => {
    if (file === undefined) return;
    await Deno.writeTextFile(file.path, await text());
    unfinished.delete(file); // where it cannot have its name, the error says where it is
    await file.complete();
  };
  try {
    const report = options.from === undefined
      ? await measure(options)
      : await readReport(options.from);
    if (report === undefined) return EXIT.interrupted;
    const comparison = before && compareReports(before, report);
    await write(files.json, () => `${JSON.stringify(report, null, 1)}\n`);
    await write(files.html, async () => {
      const { benchPage } = await import("../report/bench_page.ts");
      return benchPage(report, comparison);
    });
    const look = {
      columns: Deno.stdout.isTerminal() ? Deno.consoleSize().columns : 100,
      colour: wantsColour(Deno.stdout),
    };
    const texts = [formatBench(report, look)];
    if (comparison) texts.push(formatComparison(comparison, look));
    await Deno.stdout.write(new TextEncoder().encode(`${texts.join("\n\n")}\n`));
    return EXIT.ok;
  } finally {
    for (const file of unfinished) await file.discard();
  }
}

/** Undefined after Ctrl-C. */
async function measure(options: Options): Promise<BenchReport | undefined> {
  const startUpMs = performance.now();
  const { benchmark } = await import("../bench/bench.ts");
  const phases = showPhases();
  const { stop, release } = watchInterrupts(() => {});
  try {
    return await benchmark({
      ...options,
      ...(options.resolution && { resolutions: options.resolution }),
      startUpMs,
      signal: stop,
      onPhase: phases.show,
    });
  } catch (error) {
    if (stop.aborted) return undefined;
    throw error;
  } finally {
    phases.end();
    release();
  }
}

async function reserve({ json, html, overwrite }: Options) {
  const file = (path: string | undefined) =>
    path === undefined ? undefined : PartialFile.create(path, { overwrite });
  const first = await file(json);
  try {
    return { json: first, html: await file(html) };
  } catch (error) {
    await first?.discard();
    throw error;
  }
}

/** On a terminal one line that is drawn anew; elsewhere a line for each phase. */
function showPhases(): { show(phase: string): void; end(): void } {
  const isTerminal = Deno.stderr.isTerminal();
  const put = (text: string) => Deno.stderr.writeSync(new TextEncoder().encode(text));
  return {
    show: (phase) => put(isTerminal ? `\r\x1b[K${phase} …` : `${phase}\n`),
    end: () => {
      if (isTerminal) put("\r\x1b[K");
    },
  };
}

function parse(name: string): BenchProviders {
  return name === "all" ? name : parseProvider(name);
}

/** @throws {RangeError} If one of them is no network that is known. */
function parseNetworks(text: string): readonly NetworkName[] {
  if (text === "all") return NETWORK_NAMES;
  return text.split(",").map((part) => {
    const name = NETWORK_NAMES.find((name) => name === part.trim());
    if (name !== undefined) return name;
    throw new RangeError(`Name some of ${NETWORK_NAMES.join(", ")}, or all.`);
  });
}

/** More columns than these do not fit a terminal. */
const MOST_RESOLUTIONS = 4;

function parseList(text: string): Resolution[] {
  const resolutions = parseResolutions(text);
  if (resolutions.length <= MOST_RESOLUTIONS) return resolutions;
  throw new RangeError(`Name ${MOST_RESOLUTIONS} at most.`);
}
