import assert from "node:assert/strict";
import { examine } from "../../src/doctor/doctor.ts";
import { findingOf } from "../../src/doctor/finding.ts";
import { formatDiagnosis } from "../../src/doctor/text.ts";
import { temporaryDirectory } from "../testing/temporary.ts";

Deno.test("examine() finds that a video can be segmented, with what is installed here", async () => {
  const { canSegment, findings } = await examine();
  assert.deepEqual(findings.filter(({ status }) => status === "problem"), []);
  assert.equal(canSegment, true);
  const names = new Set(findings.map(({ name }) => name));
  for (const name of ["Deno", "machine", "ffmpeg", "ffprobe", "encoders", "weights", "cpu"]) {
    assert.ok(names.has(name), name);
  }
  assert.equal(findings.find(({ name }) => name === "cpu")?.status, "ok");
});

Deno.test("examine() finds an ffmpeg that is missing a problem, and says how to mend it", async () => {
  const { canSegment, findings } = await examine({ ffmpeg: "/nowhere/ffmpeg" });
  assert.equal(canSegment, false);
  const ffmpeg = findings.find(({ name }) => name === "ffmpeg")!;
  assert.equal(ffmpeg.status, "problem");
  assert.match(ffmpeg.state, /there is no such program\.$/);
  assert.match(ffmpeg.mend!, /^Install it, or name another with --ffmpeg/);
});

Deno.test("examine() finds weights that are damaged a problem", async () => {
  await using directory = await temporaryDirectory();
  const path = directory.join("damaged.safetensors");
  await Deno.writeFile(path, new Uint8Array(20));
  const { canSegment, findings } = await examine({ model: path });
  assert.equal(canSegment, false);
  assert.equal(findings.find(({ name }) => name === "weights")?.status, "problem");
});

Deno.test("every finding that is a warning or a problem has a mend", async () => {
  const { findings } = await examine({ ffmpeg: "/nowhere/ffmpeg", model: "no-such-model" });
  const helpless = findings.filter(({ status, mend }) =>
    (status === "warning" || status === "problem") && mend === undefined
  );
  assert.deepEqual(helpless, []);
});

Deno.test("findingOf() parts a message into what is wrong and what to do", () => {
  const error = new Error('Cannot run "x": there is no such program. Install it, or name another.');
  assert.deepEqual(findingOf(error, { area: "ffmpeg", name: "ffmpeg", status: "problem" }), {
    area: "ffmpeg",
    name: "ffmpeg",
    status: "problem",
    state: 'Cannot run "x": there is no such program.',
    mend: "Install it, or name another.",
  });
});

Deno.test("formatDiagnosis() marks each finding, within the columns, and gives the verdict", () => {
  const text = formatDiagnosis({
    canSegment: false,
    findings: [
      { area: "system", name: "Deno", status: "ok", state: "2.9.6" },
      {
        area: "ffmpeg",
        name: "ffmpeg",
        status: "problem",
        state: "there is no such program",
        mend: "Install it with the package manager of your system, or name another with --ffmpeg.",
      },
      { area: "inference", name: "cuda", status: "absent", state: "does not start" },
    ],
  }, { columns: 60 });
  const lines = text.split("\n");
  assert.ok(lines.every((line) => line.length <= 60), text);
  assert.ok(lines.includes("  ✓ Deno                 2.9.6"), text);
  assert.ok(lines.includes("  ✗ ffmpeg               there is no such program"), text);
  assert.ok(lines.includes("                         → Install it with the package"), text);
  assert.match(lines.slice(-2).join(" "), /cannot be segmented here .* 1 problem, 0 warnings\.$/);
});
