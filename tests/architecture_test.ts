/** Holds the rules of the house: who may import whom, and what keeps the project easy to read. */
import assert from "node:assert/strict";
import { findCycle, loadModuleGraph, sourceFiles } from "./testing/module_graph.ts";
import { repositoryFiles, repositoryPath } from "./testing/repository.ts";

const LEAVES = ["frame", "errors"];
const TOOLS = [...LEAVES, "ring", "ffmpeg", "model", "wasm"];
const STAGES = ["source", "infer", "overlay", "sink"];
const JOINED = [...TOOLS, ...STAGES, "report", "events"];

const TOPS = ["watch", "live", "farm", "camera", "eval", "bench", "doctor"];

/** What each part of src may import beside itself: the layers below it. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  frame: [],
  errors: [],
  wasm: [],
  ring: [...LEAVES, "wasm"],
  ffmpeg: LEAVES,
  model: LEAVES,
  source: TOOLS,
  infer: TOOLS,
  overlay: TOOLS,
  sink: TOOLS,
  report: LEAVES,
  events: [...LEAVES, "ffmpeg", "overlay", "report"],
  pipeline: JOINED,
  watch: [...JOINED, "pipeline"],
  live: [...JOINED, "pipeline", "watch"],
  farm: [...JOINED, "pipeline", "watch"],
  camera: [...TOOLS, "source"],
  eval: [...LEAVES, "ffmpeg", "model", "infer", "report"],
  bench: [...JOINED, "pipeline"],
  doctor: [...JOINED, "pipeline", "bench"],
  cli: [...JOINED, "pipeline", ...TOPS],
  mod: [...JOINED, "pipeline", ...TOPS, "cli"],
};

/** The blend runs in the worker, where the class map is hot in cache. */
const EXCEPTIONS: Readonly<Record<string, readonly string[]>> = {
  "src/infer/pool/lane.ts": ["overlay"],
};

/** Text that must not occur, and the only place where it may. */
const CONFINED: readonly { what: string; pattern: RegExp; to: string }[] = [
  {
    what: "processes are started",
    pattern: /Deno\.Command|node:child_process/,
    to: "src/ffmpeg/",
  },
  { what: "ONNX Runtime is used", pattern: /["'](npm:)?onnxruntime-node/, to: "src/infer/" },
];

const LONGEST_FILE = 300;

/**
 * The part of the house that a file belongs to: its folder in src; "errors" and "mod" are files. The
 * other files directly in src join the stages: they are the pipeline.
 */
function partOf(file: string): string {
  if (file === "mod.ts") return "mod";
  const [part, ...rest] = file.replace(/^src\//, "").split("/");
  if (rest.length > 0) return part!;
  return part === "errors.ts" ? "errors" : "pipeline";
}

const files = await sourceFiles();
const graph = await loadModuleGraph();

Deno.test("every file imports only the layers below it", () => {
  const broken: string[] = [];
  for (const [file, targets] of graph) {
    const part = partOf(file);
    const allowed = MAY_IMPORT[part];
    assert.ok(allowed !== undefined, `${file}: give "${part}" its place in the dependency rule`);
    for (const target of targets.filter((each) => graph.has(each))) {
      const to = partOf(target);
      if (to === part || allowed.includes(to) || EXCEPTIONS[file]?.includes(to)) continue;
      broken.push(`${file} imports ${target}`);
    }
  }
  assert.deepEqual(broken, []);
});

Deno.test("the import graph holds every file of src", () => {
  assert.deepEqual([...graph.keys()].toSorted(), files.toSorted());
});

Deno.test("no file imports itself by a detour", () => {
  assert.equal(findCycle(graph)?.join(" → "), undefined);
});

Deno.test("findCycle() finds a cycle behind a shared import, and none in a diamond", () => {
  const diamond = new Map([["a", ["b", "c"]], ["b", ["d"]], ["c", ["d"]], ["d", []]]);
  assert.equal(findCycle(diamond), undefined);
  assert.deepEqual(findCycle(new Map([...diamond, ["d", ["c"]]])), ["d", "c", "d"]);
});

for (const { what, pattern, to } of CONFINED) {
  Deno.test(`${what} in ${to} only`, async () => {
    const found = await filesWith(pattern, files);
    assert.deepEqual(found.filter((file) => !file.startsWith(to)), []);
  });
}

Deno.test(`no file of src is longer than ${LONGEST_FILE} lines`, async () => {
  const long: string[] = [];
  for (const file of files) {
    const lines = (await readText(file)).split("\n").length - 1;
    if (lines > LONGEST_FILE) long.push(`${file}: ${lines} lines`);
  }
  assert.deepEqual(long, []);
});

Deno.test("nothing asks for all permissions", async () => {
  const texts = ["deno.json", ...await present(["README.md"]), ...await repositoryFiles(".ci", "")];
  const everything = /--allow-all|"all"\s*:\s*true|\bdeno\b[^\n]*\s-A\b/;
  assert.deepEqual(await filesWith(everything, texts), []);
});

Deno.test("every dependency has an exact version, and the README names it", async () => {
  const { imports } = JSON.parse(await readText("deno.json")) as {
    imports: Record<string, string>;
  };
  const readme = (await present(["README.md"])).length > 0
    ? await readText("README.md")
    : undefined;
  for (const specifier of Object.values(imports)) {
    const [, name] = /^npm:((?:@[^/@]+\/)?[^/@]+)@\d+\.\d+\.\d+(?:-[\w.]+)?(?:\/.*)?$/
      .exec(specifier) ?? [];
    assert.ok(name !== undefined, `${specifier}: pin an exact version`);
    if (readme !== undefined) assert.ok(readme.includes(name), `README.md does not name ${name}`);
  }
});

function readText(file: string): Promise<string> {
  return Deno.readTextFile(repositoryPath(file));
}

async function filesWith(pattern: RegExp, among: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const file of among) if (pattern.test(await readText(file))) found.push(file);
  return found;
}

/** Those of the files that exist. */
async function present(among: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const file of among) {
    try {
      await Deno.stat(repositoryPath(file));
      found.push(file);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return found;
}
