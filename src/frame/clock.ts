/**
 * Milliseconds since the Unix epoch, to the microsecond, on one time line for every thread:
 * `performance.now()` alone starts anew in each worker.
 */
export function nowMs(): number {
  return performance.timeOrigin + performance.now();
}
