import assert from "node:assert/strict";
import { ModelError } from "../../../src/errors.ts";
import {
  calibrationPath,
  decodeCalibration,
  encodeCalibration,
  findCalibration,
  fingerprintOf,
} from "../../../src/model/quantize/calibration.ts";
import { encodeSafetensors } from "../../../src/model/safetensors_writer.ts";
import type { Tensor } from "../../../src/model/tensor.ts";
import { temporaryDirectory } from "../../testing/temporary.ts";

const WEIGHTS: ReadonlyMap<string, Tensor> = new Map([
  ["b", { shape: [1], data: Float32Array.of(1) }],
  ["a", { shape: [2], data: Float32Array.of(2, 3) }],
]);

const STATISTICS = new Map([
  ["some.relu", {
    low: Float32Array.of(0, 0),
    high: Float32Array.of(1, 2),
    mean: Float32Array.of(0.5, 0.25),
  }],
]);

Deno.test("decodeCalibration() reads what encodeCalibration() wrote", () => {
  const calibration = { statistics: STATISTICS, keep: ["x", "y"], fingerprint: "00ff" };
  const decoded = decodeCalibration(encodeCalibration(calibration), "x.int8");
  assert.deepEqual(decoded, calibration);
});

Deno.test("fingerprintOf() depends on values and names, not on the order of the file", async () => {
  const fingerprint = await fingerprintOf(WEIGHTS);
  assert.match(fingerprint, /^[0-9a-f]{64}$/);
  assert.equal(await fingerprintOf(new Map([...WEIGHTS].reverse())), fingerprint);
  const changed = new Map(WEIGHTS).set("b", { shape: [1], data: Float32Array.of(1.5) });
  assert.notEqual(await fingerprintOf(changed), fingerprint);
});

Deno.test("findCalibration() finds the file beside the weights, and only what was made from them", async () => {
  await using folder = await temporaryDirectory();
  const path = folder.join("mine.v1.safetensors");
  const model = { path, weights: WEIGHTS };
  assert.equal(calibrationPath(path), folder.join("mine.v1.int8"));
  assert.equal(await findCalibration(model), undefined);
  const fingerprint = await fingerprintOf(WEIGHTS);
  const calibration = { statistics: STATISTICS, keep: [], fingerprint };
  await Deno.writeFile(calibrationPath(path), encodeCalibration(calibration));
  assert.deepEqual(await findCalibration(model), calibration);
  await assert.rejects(
    findCalibration({ path, weights: new Map([...WEIGHTS].slice(1)) }),
    (error) => error instanceof ModelError && /other weights/.test(error.message),
  );
});

Deno.test("decodeCalibration() refuses a file that is none", () => {
  assert.throws(
    () => decodeCalibration(encodeSafetensors(WEIGHTS), "weights.int8"),
    /Cannot use the calibration "weights.int8": it names no weights/,
  );
  const halves = new Map([["v.low", WEIGHTS.get("b")!], ["v.high", WEIGHTS.get("b")!]]);
  const bytes = encodeSafetensors(halves, new Map([["fingerprint", "00"]]));
  assert.throws(() => decodeCalibration(bytes, "v.int8"), /statistics of "v" are incomplete/);
});
