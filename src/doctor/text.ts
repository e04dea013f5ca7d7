import { wrapText } from "../report/wrap_text.ts";
import type { Diagnosis } from "./doctor.ts";
import type { Finding, Status } from "./finding.ts";

/** How a diagnosis is printed. */
export interface DiagnosisTextOptions {
  /** Width of the terminal; 100 by default, which is the most that is used. */
  readonly columns?: number;
  /** Whether to use ANSI colours; none by default. */
  readonly colour?: boolean;
}

const MARKS: Readonly<Record<Status, readonly [mark: string, colour: number]>> = {
  ok: ["✓", 32],
  absent: ["–", 90],
  warning: ["!", 33],
  problem: ["✗", 31],
};

const NAME_WIDTH = 20;

/** The diagnosis for a person at a terminal. Ends without a line break. */
export function formatDiagnosis(
  { findings, canSegment }: Diagnosis,
  options: DiagnosisTextOptions = {},
): string {
  const width = Math.max(50, Math.min(100, options.columns ?? 100));
  const paint = (code: number, text: string) =>
    options.colour === true ? `\x1b[${code}m${text}\x1b[0m` : text;
  const areas = Map.groupBy(findings, ({ area }) => area);
  const blocks = [...areas].map(([area, each]) => [
    paint(1, area),
    ...each.flatMap((finding) => findingLines(finding, width, paint)),
  ]);
  const counts = ["problem", "warning"].map((status) => {
    const count = findings.filter((finding) => finding.status === status).length;
    return `${count} ${status}${count === 1 ? "" : "s"}`;
  });
  const verdict = canSegment
    ? "A video can be segmented here."
    : "A video cannot be segmented here until the problems are mended.";
  const last = wrapText(`${verdict} ${counts.join(", ")}.`, width)
    .map((line) => paint(canSegment ? 32 : 31, line));
  return [...blocks, last].map((lines) => lines.join("\n")).join("\n\n");
}

function findingLines(
  { name, status, state, mend }: Finding,
  width: number,
  paint: (code: number, text: string) => string,
): string[] {
  const [mark, colour] = MARKS[status];
  const room = width - NAME_WIDTH - 5;
  const indent = " ".repeat(NAME_WIDTH + 5);
  const [first = "", ...more] = wrapText(state, room);
  const advice = mend === undefined ? [] : wrapText(mend, room - 2);
  return [
    `  ${paint(colour, mark)} ${name.padEnd(NAME_WIDTH)} ${first}`,
    ...more.map((line) => indent + line),
    ...advice.map((line, i) => paint(90, `${indent}${i === 0 ? "→" : " "} ${line}`)),
  ];
}
