/** The table of a corpus run, as Markdown. */
import { type Outcome, VERDICTS } from "./trial.ts";

/** One case. */
export interface Row {
  /** The line of the table that it counts in. */
  readonly group: string;
  /** Which case, for the list of faults. */
  readonly what: string;
  readonly outcome: Outcome;
}

/** Counts the verdicts of each group; faults are listed below the table. */
export function formatTally(rows: readonly Row[]): string {
  const groups = [...new Set(rows.map(({ group }) => group))];
  const lines = groups.map((group) => line(group, rows.filter((row) => row.group === group)));
  const faults = rows.filter(({ outcome }) => VERDICTS.indexOf(outcome.verdict) >= 2);
  return [
    `| what was tried | cases | ${VERDICTS.join(" | ")} |`,
    `|---|--:|${VERDICTS.map(() => "--:|").join("")}`,
    ...lines,
    line("**all**", rows),
    ...(faults.length === 0 ? [] : [""]),
    ...faults.map(({ group, what, outcome }) =>
      `- ${group}, ${what}: ${outcome.verdict}: ${outcome.reason.replaceAll("\n", " ")}`
    ),
  ].join("\n");
}

function line(name: string, rows: readonly Row[]): string {
  const counts = VERDICTS.map((verdict) =>
    rows.filter(({ outcome }) => outcome.verdict === verdict).length
  );
  return `| ${[name, rows.length, ...counts].join(" | ")} |`;
}
