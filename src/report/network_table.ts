/** The networks of the paper's Table 5 on this machine, beside what is published about them. */
import { columnsOf } from "./bench_pivot.ts";
import type { BenchRow, ComparedNetwork } from "./bench_report.ts";

const TITLE_WIDTH = 22;
const FPS_WIDTH = 10;
const PUBLISHED_WIDTH = 14;
const PARAMETERS_WIDTH = 18;
const MACS_WIDTH = 9;

/**
 * A line for each network: fps at every resolution that was measured, the paper's fps at full
 * resolution with the card it was measured on, parameters beside published ones, and operations at
 * the largest resolution measured. The first line is the head; empty where nothing was measured.
 */
export function networkTable(
  networks: readonly ComparedNetwork[],
  rows: readonly BenchRow[],
): readonly string[] {
  const columns = columnsOf(rows);
  const largest = columns.at(-1);
  if (largest === undefined) return [];
  const head = line("Networks, fps", columns.map(({ name }) => name), [
    "paper, full",
    "parameters, M",
    `GMAC`,
  ]);
  const under = line("", columns.map(() => ""), ["", "(published)", largest.name]);
  const body = networks.map((network) => {
    const { title, parameters, publishedParameters, macs } = network;
    const cells = columns.map(({ name }) => {
      const row = rows.find((row) => row.series === title && row.resolution?.name === name);
      return row === undefined ? "" : row.median.toFixed(row.median < 10 ? 2 : 1);
    });
    const published = publishedParameters === undefined ? "" : `(${millions(publishedParameters)})`;
    const operations = macs[largest.name];
    return line(`  ${title}`, cells, [
      paperCell(network),
      `${millions(parameters)} ${published.padStart(7)}`,
      operations === undefined ? "" : (operations / 1e9).toFixed(2),
    ]);
  });
  return [head, under, ...body];
}

/** "41.9 Maxwell" */
function paperCell({ publishedFps, device }: ComparedNetwork): string {
  const fps = publishedFps["full"];
  if (fps === undefined) return "";
  return `${fps.toFixed(1)} ${cardOf(device).padEnd(7)}`.trimEnd().padEnd(PUBLISHED_WIDTH - 2);
}

/** The generation of a card: "Maxwell" of "Titan X (Maxwell)". */
export function cardOf(device = ""): string {
  return /\((.*)\)/.exec(device)?.[1] ?? "";
}

function millions(value: number): string {
  return (value / 1e6).toFixed(2);
}

function line(
  title: string,
  fps: readonly string[],
  [paper, parameters, macs]: readonly [string, string, string],
): string {
  return [
    title.padEnd(TITLE_WIDTH),
    ...fps.map((cell) => cell.padStart(FPS_WIDTH)),
    paper.padStart(PUBLISHED_WIDTH),
    parameters.padStart(PARAMETERS_WIDTH),
    macs.padStart(MACS_WIDTH),
  ].join("").trimEnd();
}
