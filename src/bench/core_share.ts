import type { Burst } from "./messages.ts";

/** On a quiet machine bursts get 95% and more: their workers do not begin and end quite together. */
const ENOUGH = 0.9;

/**
 * The share of the clock's time in which the workers of a burst had a core: the program's CPU time
 * over what a core for each gives between the first begin and the last end. 1 where all had one
 * throughout, 0.5 where two shared one.
 *
 * Passes of the CPU provider only compute, on a thread each, so what is missing went to another
 * program, to a neighbour on the same host where the system counts the time that was stolen, or to
 * nobody, where the system left two threads on one core beside an idle one. How much work a core
 * does in its time is another matter, and the calibration's.
 *
 * Precision: a tick of the system (1 to 16 ms) for each worker but one, which is when it brings the
 * clocks of running threads up to date.
 */
export function coreShare(bursts: readonly Burst[]): number {
  const beganMs = Math.min(...bursts.map((burst) => burst.beganMs));
  const endedMs = Math.max(...bursts.map((burst) => burst.endedMs));
  const cpuBeganMs = Math.min(...bursts.map((burst) => burst.cpuBeganMs));
  const cpuEndedMs = Math.max(...bursts.map((burst) => burst.cpuEndedMs));
  return Math.min(1, (cpuEndedMs - cpuBeganMs) / (bursts.length * (endedMs - beganMs)));
}

/** Whether a share is too small for the burst to tell what the workers can do. */
export function isDisturbed(share: number): boolean {
  return share < ENOUGH;
}
