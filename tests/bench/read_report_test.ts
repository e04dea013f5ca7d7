import assert from "node:assert/strict";
import { readReport } from "../../src/bench/read_report.ts";
import { benchReport } from "../report/synthetic_bench.ts";
import { temporaryDirectory } from "../testing/temporary.ts";

Deno.test("readReport() reads what JSON.stringify() wrote", async () => {
  await using directory = await temporaryDirectory();
  const path = directory.join("report.json");
  await Deno.writeTextFile(path, JSON.stringify(benchReport()));
  assert.deepEqual(await readReport(path), benchReport());
});

const broken: readonly [name: string, text: string | undefined, message: RegExp][] = [
  ["is missing", undefined, /there is no such file/],
  ["is not JSON", "fps,12", /it is not JSON/],
  ["is something else", '{"format":"trace"}', /JSON of another kind/],
  ["is null", "null", /JSON of another kind/],
  ["is of a later version", '{"format":"segstream-bench","version":2}', /of version 2/],
  ["lacks its rows", '{"format":"segstream-bench","version":1}', /parts of it are missing/],
];

Deno.test("readReport() rejects with InputError, when a row's cores lack their shares", async () => {
  await using directory = await temporaryDirectory();
  const path = directory.join("report.json");
  const report = benchReport();
  const rows = report.rows.map((row) => ({ ...row, cores: { bursts: 5 } }));
  await Deno.writeTextFile(path, JSON.stringify({ ...report, rows }));
  await assert.rejects(readReport(path), {
    name: "InputError",
    message: /parts of it are missing/,
  });
});

for (const [name, text, message] of broken) {
  Deno.test(`readReport() rejects with InputError, when the file ${name}`, async () => {
    await using directory = await temporaryDirectory();
    const path = directory.join("report.json");
    if (text !== undefined) await Deno.writeTextFile(path, text);
    await assert.rejects(readReport(path), { name: "InputError", message });
  });
}
