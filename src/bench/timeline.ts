import { type Stage, STAGES } from "../frame/timing.ts";
import type { Span } from "../report/bench_report.ts";

/** The events of a trace that are read here; see TraceFile for the format. */
interface TraceEvent {
  readonly ph: string;
  readonly name: string;
  readonly tid: number;
  readonly ts: number;
  readonly dur: number;
  readonly args: { readonly frame?: number; readonly name?: string };
}

/**
 * The stages of every frame, from the text of a trace that `--trace` wrote.
 *
 * @throws {SyntaxError} If it is not JSON.
 */
export function readTimeline(text: string): Span[] {
  const events = JSON.parse(text) as readonly TraceEvent[];
  const lanes = new Map(
    events.filter(({ ph, name }) => ph === "M" && name === "thread_name")
      .map(({ tid, args }) => [tid, args.name!]),
  );
  return events.filter(({ ph, name }) => ph === "X" && isStage(name)).map((event) => ({
    frame: event.args.frame!,
    stage: event.name as Stage,
    lane: lanes.get(event.tid)!,
    beginMs: event.ts / 1000,
    endMs: (event.ts + event.dur) / 1000,
  }));
}

function isStage(name: string): boolean {
  return (STAGES as readonly string[]).includes(name);
}
