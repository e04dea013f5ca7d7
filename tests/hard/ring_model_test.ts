/** The ring against a plain model of it, under any order of its operations. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { FrameRing } from "../../src/ring/ring.ts";

type State = "free" | "filling" | "ready" | "busy" | "done" | "sinking";

interface Slot {
  state: State;
  /** Which published frame it holds, counted from 0; −1 before the first. */
  sequence: number;
  attempts: number;
  worker: number;
}

/** What a ring is, without shared memory and without waiting. */
interface Model {
  readonly slots: Slot[];
  published: number;
  dropped: number;
  /** Whose the groups are: a row for each slot, which the newest claim has. */
  readonly owners: ({ readonly group: number; worker: number | undefined } | undefined)[];
  phase: "open" | "ended" | "closed";
}

type Operation = fc.AsyncCommand<Model, FrameRing>;

function slotsIn(model: Model, ...states: State[]): number[] {
  return [...model.slots.keys()].filter((slot) => states.includes(model.slots[slot]!.state));
}

function oldest(model: Model, ...states: State[]): number | undefined {
  return slotsIn(model, ...states).sort((a, b) =>
    model.slots[a]!.sequence - model.slots[b]!.sequence
  )[0];
}

function operation(
  name: string,
  check: (model: Model) => boolean,
  run: (model: Model, ring: FrameRing) => void | Promise<void>,
): Operation {
  return { check, run: async (model, ring) => await run(model, ring), toString: () => name };
}

const always = () => true;

/** One of the slots in a state, by a number that may be too large. */
function choose(model: Model, state: State, choice: number): number {
  const slots = slotsIn(model, state);
  return slots[choice % slots.length]!;
}

const acquire = operation("tryAcquire", always, (model, ring) => {
  const slot = slotsIn(model, "free")[0];
  assert.equal(ring.tryAcquire(), slot);
  if (slot !== undefined) model.slots[slot]!.state = "filling";
});

const publish = (choice: number) =>
  operation(`publish ${choice}`, (model) => slotsIn(model, "filling").length > 0, (model, ring) => {
    const slot = choose(model, "filling", choice);
    const sequence = model.published++;
    ring.section(slot, 0)[0] = sequence & 0xFF;
    ring.publish(slot);
    Object.assign(model.slots[slot]!, { state: "ready", sequence, attempts: 0 });
  });

const abandon = (choice: number) =>
  operation(`abandon ${choice}`, (model) => slotsIn(model, "filling").length > 0, (model, ring) => {
    const slot = choose(model, "filling", choice);
    ring.abandon(slot);
    model.slots[slot]!.state = "free";
  });

const reclaimOldest = operation("reclaimOldest", always, (model, ring) => {
  const slot = oldest(model, "ready");
  assert.equal(ring.reclaimOldest(), slot);
  if (slot === undefined) return;
  model.slots[slot]!.state = "filling";
  model.dropped++;
});

const take = (worker: number) =>
  operation(
    `take ${worker}`,
    // It would block this thread where nothing is there and something may still come.
    (model) => model.phase !== "open" || slotsIn(model, "ready").length > 0,
    (model, ring) => {
      const slot = model.phase === "closed" ? undefined : oldest(model, "ready");
      assert.equal(ring.take(worker), slot);
      if (slot !== undefined) Object.assign(model.slots[slot]!, { state: "busy", worker });
    },
  );

/** Frames of a group: not a divisor of the number of slots, so that groups share rows. */
const EVERY = 3;

const tryTake = (worker: number) =>
  operation(`tryTake ${worker}`, always, (model, ring) => {
    let expected: number | undefined;
    const ready = model.phase === "closed" ? [] : slotsIn(model, "ready");
    for (const slot of ready.sort((a, b) => model.slots[a]!.sequence - model.slots[b]!.sequence)) {
      const group = Math.floor(model.slots[slot]!.sequence / EVERY);
      const row = group % model.slots.length;
      const owner = model.owners[row];
      if (owner?.group === group && owner.worker !== undefined && owner.worker !== worker) continue;
      model.owners[row] = { group, worker };
      expected = slot;
      break;
    }
    assert.equal(ring.tryTake(worker, EVERY), expected);
    if (expected === undefined) return;
    assert.equal(ring.group(expected, EVERY), Math.floor(model.slots[expected]!.sequence / EVERY));
    Object.assign(model.slots[expected]!, { state: "busy", worker });
  });

const discard = (choice: number) =>
  operation(`discard ${choice}`, (model) => slotsIn(model, "busy").length > 0, (model, ring) => {
    const slot = choose(model, "busy", choice);
    ring.discard(slot);
    model.slots[slot]!.state = "free";
  });

const finish = (choice: number) =>
  operation(`finish ${choice}`, (model) => slotsIn(model, "busy").length > 0, (model, ring) => {
    const slot = choose(model, "busy", choice);
    ring.finish(slot);
    model.slots[slot]!.state = "done";
  });

const reclaim = (worker: number, attempts: number) =>
  operation(`reclaim ${worker}, ${attempts}`, always, (model, ring) => {
    const held = slotsIn(model, "busy").filter((slot) => model.slots[slot]!.worker === worker);
    const isExhausted = (slot: number) => model.slots[slot]!.attempts >= attempts;
    for (const slot of held) model.slots[slot]!.attempts++;
    assert.deepEqual(ring.reclaim(worker, attempts), {
      requeued: held.filter((slot) => !isExhausted(slot)),
      exhausted: held.filter(isExhausted),
    });
    for (const slot of held) if (!isExhausted(slot)) model.slots[slot]!.state = "ready";
    for (const owner of model.owners) if (owner?.worker === worker) owner.worker = undefined;
  });

const next = operation(
  "next",
  (model) => {
    if (model.phase === "closed") return true;
    const slot = oldest(model, "ready", "busy", "done");
    return slot === undefined ? model.phase === "ended" : model.slots[slot]!.state === "done";
  },
  async (model, ring) => {
    const slot = model.phase === "closed" ? undefined : oldest(model, "done");
    assert.equal(await ring.next(), slot);
    if (slot === undefined) return;
    model.slots[slot]!.state = "sinking";
    assert.equal(ring.section(slot, 0)[0], model.slots[slot]!.sequence & 0xFF);
  },
);

const release = (choice: number) =>
  operation(`release ${choice}`, (model) => slotsIn(model, "sinking").length > 0, (model, ring) => {
    const slot = choose(model, "sinking", choice);
    ring.release(slot);
    model.slots[slot]!.state = "free";
  });

/** Whoever does not own a slot is told so, and nothing changes. */
const trespass = (slot: number) =>
  operation(`trespass on ${slot}`, always, ({ slots }, ring) => {
    const { state } = slots[slot % slots.length]!;
    const at = slot % slots.length;
    if (state !== "filling") assert.throws(() => ring.publish(at), RangeError);
    if (state !== "filling") assert.throws(() => ring.abandon(at), RangeError);
    if (state !== "busy") assert.throws(() => ring.finish(at), RangeError);
    if (state !== "busy") assert.throws(() => ring.discard(at), RangeError);
    if (state !== "sinking") assert.throws(() => ring.release(at), RangeError);
  });

const end = operation("end", always, (model, ring) => {
  ring.end();
  if (model.phase === "open") model.phase = "ended";
});

const close = operation("close", always, async (model, ring) => {
  ring.close();
  model.phase = "closed";
  assert.equal(await ring.acquire(), undefined);
});

const small = fc.nat(3);

const OPERATIONS: fc.Arbitrary<Operation>[] = [
  fc.constant(acquire),
  small.map(publish),
  small.map(abandon),
  fc.constant(reclaimOldest),
  small.map(take),
  small.map(tryTake),
  small.map(finish),
  small.map(discard),
  fc.tuple(small, fc.integer({ min: 1, max: 3 })).map(([worker, attempts]) =>
    reclaim(worker, attempts)
  ),
  fc.constant(next),
  small.map(release),
  small.map(trespass),
];

/** They end what can happen, so they come rarely. */
const ENDINGS = [fc.constant(end), fc.constant(close)];

Deno.test("FrameRing does what its model does, in any order of operations", async () => {
  const usual = Array.from({ length: 12 }, () => OPERATIONS).flat();
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 4 }),
      fc.commands([...usual, ...ENDINGS], { maxCommands: 120, size: "max" }),
      async (count, commands) => {
        const setup = () => ({
          model: {
            slots: Array.from(
              { length: count },
              (): Slot => ({ state: "free", sequence: -1, attempts: 0, worker: -1 }),
            ),
            published: 0,
            dropped: 0,
            owners: Array(count).fill(undefined),
            phase: "open" as const,
          },
          real: FrameRing.allocate({ slots: count, headerFields: 1, sectionBytes: [1] }),
        });
        let last: { model: Model; real: FrameRing } | undefined;
        await fc.asyncModelRun(() => last = setup(), commands);
        const { model, real } = last!;
        assert.equal(real.dropped, model.dropped);
        assert.equal(real.slotsInUse, count - slotsIn(model, "free").length);
      },
    ),
    { numRuns: 300, seed: 1 },
  );
});
