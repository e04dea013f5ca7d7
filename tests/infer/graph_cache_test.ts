/** Graphs that are kept from run to run. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { keptGraph } from "../../src/infer/graph_cache.ts";
import { int8MakerFor } from "../../src/infer/precision.ts";
import { loadModel } from "../../src/model/model.ts";
import { STREET_COLOUR } from "../../src/source/street/paint.ts";
import { temporaryDirectory } from "../testing/temporary.ts";

const GRAPH = Uint8Array.from({ length: 1000 }, (_, i) => i & 255);

function builder() {
  const calls = { count: 0 };
  return { calls, build: () => (calls.count++, GRAPH.slice()) };
}

async function namesIn(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
}

Deno.test("keptGraph() builds once, and anew for another key", async () => {
  await using directory = await temporaryDirectory();
  const folder = join(directory.path, "graphs");
  const { calls, build } = builder();
  for (const key of ["a", "a", "b", "a"]) {
    assert.deepEqual(await keptGraph(key, folder, build), GRAPH);
  }
  assert.equal(calls.count, 2);
  assert.equal((await namesIn(folder)).length, 2);
});

Deno.test("keptGraph() replaces a file that was cut off or damaged", async () => {
  await using directory = await temporaryDirectory();
  const { calls, build } = builder();
  await keptGraph("a", directory.path, build);
  const [name] = await namesIn(directory.path);
  const path = join(directory.path, name!);
  const whole = await Deno.readFile(path);
  const flipped = whole.map((byte, i) => i === 500 ? byte ^ 1 : byte);
  for (const broken of [whole.slice(0, 500), whole.slice(0, 10), new Uint8Array(0), flipped]) {
    await Deno.writeFile(path, broken);
    assert.deepEqual(await keptGraph("a", directory.path, build), GRAPH);
    assert.deepEqual(await Deno.readFile(path), whole);
  }
  assert.equal(calls.count, 5);
});

Deno.test("keptGraph() takes many writers at once and leaves one whole file", async () => {
  await using directory = await temporaryDirectory();
  const { build } = builder();
  const graphs = await Promise.all(
    Array.from({ length: 20 }, () => keptGraph("a", directory.path, build)),
  );
  for (const graph of graphs) assert.deepEqual(graph, GRAPH);
  assert.equal((await namesIn(directory.path)).length, 1);
});

Deno.test("keptGraph() keeps 16 graphs", async () => {
  await using directory = await temporaryDirectory();
  const { build } = builder();
  for (let i = 0; i < 20; i++) await keptGraph(`key ${i}`, directory.path, build);
  assert.equal((await namesIn(directory.path)).length, 16);
});

Deno.test("keptGraph() leaves what others are writing, and removes what nobody will finish", async () => {
  await using directory = await temporaryDirectory();
  const { calls, build } = builder();
  const parts = Array.from({ length: 20 }, (_, i) => `${i}.part`);
  for (const name of ["left.part", ...parts]) await Deno.writeFile(directory.join(name), GRAPH);
  await Deno.utime(directory.join("left.part"), 0, 0);
  // All parts are newer than the graph: counted with it, they would push it out.
  const future = new Date(Date.now() + 60_000);
  for (const name of parts) await Deno.utime(directory.join(name), future, future);
  await keptGraph("a", directory.path, build);
  assert.deepEqual(await keptGraph("a", directory.path, build), GRAPH);
  assert.equal(calls.count, 1);
  const names = await namesIn(directory.path);
  assert.deepEqual(names.filter((name) => name.endsWith(".part")).sort(), parts.sort());
});

Deno.test("keptGraph() builds where the cache cannot be written", async () => {
  await using directory = await temporaryDirectory();
  const file = join(directory.path, "no-folder");
  await Deno.writeTextFile(file, "");
  assert.deepEqual(await keptGraph("a", file, builder().build), GRAPH);
  assert.deepEqual(await keptGraph("a", undefined, builder().build), GRAPH);
});

Deno.test("int8MakerFor() gives the same network from the cache", async () => {
  await using directory = await temporaryDirectory();
  const model = await loadModel();
  const source = { width: 64, height: 32 };
  const make = async (colour = STREET_COLOUR) => {
    const choice = { precision: "int8", provider: "cpu" } as const;
    const maker = await int8MakerFor(model, choice, directory.path);
    const { onnx, ...rest } = await maker!({ source, resolution: "full", colour });
    return { ...rest, onnx: Uint8Array.from(onnx) };
  };
  const built = await make();
  assert.deepEqual(await make(), built);
  assert.equal((await namesIn(directory.path)).length, 1);
  await make({ ...STREET_COLOUR, range: STREET_COLOUR.range === "full" ? "limited" : "full" });
  assert.equal((await namesIn(directory.path)).length, 2);
});
