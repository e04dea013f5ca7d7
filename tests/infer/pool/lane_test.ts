/** What a worker holds for a stream, with real networks. */
import assert from "node:assert/strict";
import { HEADER, HEADER_FIELDS, REUSED } from "../../../src/frame/timing.ts";
import { Lane, type LaneOptions } from "../../../src/infer/pool/lane.ts";
import { GAUGES } from "../../../src/infer/pool/messages.ts";
import { SessionShelf } from "../../../src/infer/pool/session_shelf.ts";
import type { Network } from "../../../src/model/network.ts";
import { FrameRing } from "../../../src/ring/ring.ts";
import { SECTION } from "../../../src/ring/sections.ts";
import { COLOUR, fillFrame, tinyNetworks } from "../tiny_networks.ts";

const SIZE = { width: 320, height: 160 }; // large enough for the HUD
const PIXELS = SIZE.width * SIZE.height;
const SEGMENTER = { source: SIZE, colour: COLOUR, provider: "cpu", threads: 1 } as const;

async function openLane(
  networks: readonly Network[],
  options: Partial<LaneOptions> = {},
  shelf = new SessionShelf(),
): Promise<{ lane: Lane; level: Int32Array; show: (colour: number) => Promise<Shown> }> {
  const ring = FrameRing.allocate({
    slots: 1,
    headerFields: HEADER_FIELDS,
    sectionBytes: [PIXELS * 3 / 2, PIXELS, 0, 0],
  });
  const level = new SharedArrayBuffer(4);
  const lane = await Lane.open({
    ring: ring.handle,
    networks,
    segmenter: SEGMENTER,
    overlay: undefined,
    gauges: new SharedArrayBuffer(8 * GAUGES),
    level,
    every: 1,
    skipStill: false,
    ...options,
  }, shelf);
  const show = async (colour: number) => {
    const slot = ring.tryAcquire()!;
    ring.section(slot, SECTION.pixels).set(fillFrame(SIZE, colour));
    ring.section(slot, SECTION.labels).fill(99);
    ring.publish(slot);
    ring.tryTake(0, lane.every);
    await lane.work(slot);
    ring.finish(slot);
    const label = new Set(ring.section(slot, SECTION.labels));
    const header = ring.header(slot).slice();
    const pixels = ring.section(slot, SECTION.pixels).slice();
    ring.release((await ring.next())!);
    assert.equal(label.size, 1, `labels of one colour are ${[...label]}`);
    return { label: [...label][0]!, reused: header[HEADER.reused]!, header, pixels };
  };
  return { lane, level: new Int32Array(level), show };
}

interface Shown {
  readonly label: number;
  readonly reused: number;
  readonly header: Float64Array;
  readonly pixels: Uint8Array;
}

const maps = (shown: readonly Shown[]) => shown.map(({ label, reused }) => [label, reused]);

async function showAll(show: (colour: number) => Promise<Shown>, ...colours: number[]) {
  const shown: Shown[] = [];
  for (const colour of colours) shown.push(await show(colour));
  return shown;
}

Deno.test("Lane runs the network on the first frame of each group, and the others have its map", async () => {
  const { lane, show } = await openLane(await tinyNetworks(64), { every: 3 });
  const shown = await showAll(show, 0, 1, 2, 1, 1, 0, 2);
  const { no, every } = REUSED;
  assert.deepEqual(maps(shown), [
    [0, no],
    [0, every],
    [0, every],
    [1, no],
    [1, every],
    [1, every],
    [2, no],
  ]);
  const stamps = [HEADER.prepared, HEADER.inferred, HEADER.labelled, HEADER.blended];
  for (const { header } of shown) {
    const times = stamps.map((field) => header[field]!);
    assert.deepEqual(times, times.toSorted((a, b) => a - b));
  }
  assert.equal(shown[1]!.header[HEADER.inferred], shown[1]!.header[HEADER.prepared]);
  await lane.close();
});

Deno.test("Lane gives still frames the last map, and runs the network when they move", async () => {
  const { lane, show } = await openLane(await tinyNetworks(64), { skipStill: true });
  const { no, still } = REUSED;
  assert.deepEqual(maps(await showAll(show, 0, 0, 0, 1, 1, 0)), [
    [0, no],
    [0, still],
    [0, still],
    [1, no],
    [1, still],
    [0, no],
  ]);
  await lane.close();
});

Deno.test("Lane looks for movement on the first frame of a group only, with both", async () => {
  const { lane, show } = await openLane(await tinyNetworks(64), { skipStill: true, every: 2 });
  const { no, every, still } = REUSED;
  assert.deepEqual(maps(await showAll(show, 0, 1, 0, 2, 2, 2)), [
    [0, no],
    [0, every],
    [0, still],
    [0, every],
    [2, no],
    [2, every],
  ]);
  await lane.close();
});

Deno.test("Lane runs through the network of the level that is set, and the HUD says so", async () => {
  const overlay = { size: SIZE, colour: COLOUR, alpha: 0, hud: undefined };
  const hud = (width: number) => ({ provider: "cpu", modelSize: { width, height: width / 2 } });
  const networks = await tinyNetworks(64, 32);
  const drawnAt = async (level: number, width: number | undefined) => {
    const drawn = await openLane(networks, {
      overlay: { ...overlay, hud: width === undefined ? undefined : hud(width) },
    });
    drawn.level[0] = level;
    const { pixels, label } = await drawn.show(1);
    await drawn.lane.close();
    assert.equal(label, 1);
    return pixels;
  };
  const [plain, first, second] = [
    await drawnAt(0, undefined),
    await drawnAt(0, 64),
    await drawnAt(1, 64), // the options say 64: what ran goes before them
  ];
  assert.notDeepEqual(first, plain);
  assert.notDeepEqual(second, first);
  assert.deepEqual(second, await drawnAt(1, 32));
});

Deno.test("Lane.draw() draws otherwise from the next frame on, and refuses another size", async () => {
  const look = { size: SIZE, colour: COLOUR, alpha: 1 };
  const { lane, show } = await openLane(await tinyNetworks(64), { overlay: look });
  const before = (await show(0)).pixels;
  assert.throws(() => lane.draw({ ...look, view: "side-by-side" }), RangeError);
  assert.throws(() => lane.draw({ ...look, alpha: 2 }), RangeError);
  assert.deepEqual((await show(0)).pixels, before);
  lane.draw({ ...look, alpha: 0 });
  assert.deepEqual((await show(0)).pixels, fillFrame(SIZE, 0));
  await lane.close();
});

Deno.test("Lane.open() gives the networks back that it took, when it cannot open", async () => {
  let held = 0;
  class CountingShelf extends SessionShelf {
    override async take(...options: Parameters<SessionShelf["take"]>) {
      const loaded = await super.take(...options);
      held++;
      return loaded;
    }

    override async giveBack(...options: Parameters<SessionShelf["giveBack"]>) {
      held--;
      await super.giveBack(...options);
    }
  }
  const shelf = new CountingShelf();
  const [network] = await tinyNetworks(64) as [Network];
  // Tiles do not cover it: it is loaded before that is found out.
  const input = { kind: "i420", luma: "y", chroma: "uv" } as const;
  const unfit = { ...network, input, inputSize: { width: 24, height: 32 } };
  await assert.rejects(openLane([network, unfit], {}, shelf), RangeError);
  assert.equal(held, 0);
  await shelf.dispose();
});

Deno.test("SessionShelf loads a network once, for streams that have the same and that come back", async () => {
  const [large, small] = await tinyNetworks(64, 32) as [Network, Network];
  const shelf = new SessionShelf();
  const first = await shelf.take(large, SEGMENTER);
  assert.equal(await shelf.take({ ...large, onnx: large.onnx.slice() }, SEGMENTER), first);
  await shelf.giveBack(first);
  await shelf.giveBack(first);
  assert.equal(await shelf.take(large, SEGMENTER), first);
  assert.equal(await shelf.take(small, SEGMENTER), first, "one file, whatever it is fed");
  assert.notEqual(await shelf.take(large, { ...SEGMENTER, threads: 2 }), first);
  await shelf.dispose();
});

Deno.test("Segmenting takes so many times as long, with a slowdown for tests", async () => {
  const leastMs = async (slowdown: number) => {
    const { lane, show } = await openLane(await tinyNetworks(64), {
      segmenter: { ...SEGMENTER, slowdown },
    });
    // The quickest of several: any one may have waited for a core.
    const shown = await showAll(show, 0, 0, 0, 0, 0, 0, 0, 0);
    await lane.close();
    return Math.min(
      ...shown.map(({ header }) => header[HEADER.inferred]! - header[HEADER.prepared]!),
    );
  };
  const times = await leastMs(50) / await leastMs(1);
  assert.ok(times > 10, `${times} times`);
});
