import assert from "node:assert/strict";
import { findWarnings } from "../../src/bench/warnings.ts";
import { benchReport, fpsRow } from "../report/synthetic_bench.ts";

const report = benchReport();
const paces = { oneCore: report.calibration, allCores: report.calibration };
const found = (change: Partial<Parameters<typeof findWarnings>[0]> = {}) =>
  findWarnings({ ...report, paces, ...change });

Deno.test("findWarnings() finds none, on a quiet machine", () => {
  assert.deepEqual(found(), []);
});

Deno.test("findWarnings() warns of rows that varied, and names the worst", () => {
  const rows = [...report.rows, fpsRow("network", "prob/cpu/1", "half", [10, 20, 30])];
  const [warning] = found({ rows });
  assert.match(warning!, /1 of 10 rows varied by more than 10% .* "prob\/cpu\/1" by 50%/);
});

Deno.test("findWarnings() warns of a machine that changed its pace", () => {
  const samples = [{ atMs: 0, value: 20 }, { atMs: 9, value: 27 }];
  const changed = { samples, median: 23.5, spread: 0.15 };
  assert.match(
    found({ paces: { ...paces, oneCore: changed } })[0]!,
    /on one core took 1\.35 times/,
  );
  assert.match(found({ paces: { ...paces, allCores: changed } })[0]!, /on all cores took 1\.35/);
});

/** A row of three samples after this many bursts. */
const shared = (isDisturbed: boolean, bursts: number, disturbedBursts: number) =>
  fpsRow("network", "cls/cpu/2", "half", [50, 50, 50], {
    cores: { shares: [1, 1, 1], isDisturbed, bursts, disturbedBursts },
  });

Deno.test("findWarnings() counts the bursts that lacked a core, and asks for nothing when they are mended", () => {
  assert.deepEqual(found({ rows: [shared(false, 3, 0), shared(false, 3, 0)] }), []);
  assert.deepEqual(found({ rows: [shared(false, 5, 2), shared(false, 3, 0), ...report.rows] }), [
    "2 of 8 bursts of the network alone (25%) got less than nine tenths of the cores that they " +
    "keep busy; 2 were run again, and no row is low for it.",
  ]);
});

Deno.test("findWarnings() says how many rows are low for a core that stayed away", () => {
  assert.deepEqual(found({ rows: [shared(true, 5, 5), shared(false, 4, 1)] }), [
    "6 of 9 bursts of the network alone (67%) got less than nine tenths of the cores that they " +
    "keep busy; 3 were run again, and 1 row, marked *, is low for it.",
    "Close other programs and measure again.",
  ]);
});

Deno.test("findWarnings() warns of other programs, where the load is known", () => {
  const environment = { ...report.environment, loadAverage: 1.7 };
  assert.match(found({ environment })[0]!, /load 1\.7/);
});
