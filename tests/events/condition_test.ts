import assert from "node:assert/strict";
import fc from "fast-check";
import { parseCondition, parseConditions } from "../../src/events/condition.ts";
import { ConditionWatcher } from "../../src/events/condition_watcher.ts";
import { CITYSCAPES_CLASSES } from "../../src/frame/classes.ts";

const PERSON = 11;
const RIDER = 12;

/** Shares in which the people take so much, and the rest is road. */
function people(share: number): number[] {
  const shares = new Array<number>(CITYSCAPES_CLASSES.length).fill(0);
  shares[PERSON] = share;
  shares[0] = 1 - share;
  return shares;
}

function watch(text: string): ConditionWatcher {
  return new ConditionWatcher(parseConditions(text, CITYSCAPES_CLASSES));
}

for (
  const [text, expected] of [
    ["person>2%", { text: "person>2%", classIds: [PERSON], holds: "above", forMs: 0 }],
    [" Human  > 2 % ", { text: "Human>2%", classIds: [PERSON, RIDER], holds: "above", forMs: 0 }],
    ["11<2% for 1.5s", { text: "11<2% for 1.5s", classIds: [11], holds: "below", forMs: 1500 }],
    ["traffic light > 2% for 2m", { classIds: [6], holds: "above", forMs: 120_000 }],
  ] as const
) {
  Deno.test(`parseCondition() reads ${JSON.stringify(text)}`, () => {
    const condition = parseCondition(text, CITYSCAPES_CLASSES);
    assert.deepEqual({ ...condition, ...expected }, condition);
    assert.equal(condition.threshold, 0.02);
    assert.equal(condition.hysteresis, 0.02 * 0.2);
  });
}

for (
  const [text, says] of [
    ["person", /write a class, > or </],
    ["person>2", /a share with %/],
    ["person=2%", /write a class/],
    [">2%", /write a class/],
    ["persn>2%", /did you mean "person"\?/],
    ["person>100%", /no share is ever above 100%/],
    ["person<0%", /no share is ever below 0%/],
    ["person<120%", /no share is ever below 120%/],
    ["person>2% for ever", /must be a duration/],
  ] as const
) {
  Deno.test(`parseCondition() names what is wrong, for ${JSON.stringify(text)}`, () => {
    assert.throws(() => parseCondition(text, CITYSCAPES_CLASSES), (error) => {
      assert.ok(error instanceof RangeError);
      assert.ok(error.message.startsWith(`Cannot watch ${JSON.stringify(text)}: `));
      assert.match(error.message, says);
      return true;
    });
  });
}

Deno.test("parseConditions() takes commas and lists, and refuses nothing at all", () => {
  const texts = parseConditions(["person>2%, car<1%", "sky>50%"], CITYSCAPES_CLASSES);
  assert.deepEqual(texts.map(({ text }) => text), ["person>2%", "car<1%", "sky>50%"]);
  assert.throws(() => parseConditions([" , "], CITYSCAPES_CLASSES), RangeError);
});

Deno.test("update() tells a condition once, until the share is back by the hysteresis", () => {
  const watcher = watch("person>2%");
  const told = [0.01, 0.021, 0.05, 0.0199, 0.0161, 0.0159, 0.019, 0.03].map((share, at) =>
    watcher.update(people(share), at).map(({ state }) => state)
  );
  assert.deepEqual(told, [[], ["above"], [], [], [], ["below"], [], ["above"]]);
});

Deno.test("update() tells a lower bound that is true from the start, and its end", () => {
  const watcher = watch("road<10%");
  const crossings = [0.95, 0.89, 0.87].flatMap((share, at) => watcher.update(people(share), at));
  assert.deepEqual(crossings.map(({ when, state }) => [when, state]), [
    ["road<10%", "below"], // 5%
    ["road<10%", "above"], // 13%, past 10% and its fifth; 11% was not
  ]);
  assert.ok(Math.abs(crossings[1]!.share - 0.13) < 1e-9);
});

Deno.test("update() adds up the classes of a category", () => {
  const shares = people(0.015);
  shares[RIDER] = 0.015;
  assert.deepEqual(watch("human>2%").update(shares, 0).map(({ share }) => share), [0.03]);
});

Deno.test("update() lets a condition of 0% end, when nothing is left", () => {
  const watcher = watch("person>0%");
  assert.equal(watcher.update(people(0.001), 0)[0]?.state, "above");
  assert.equal(watcher.update(people(0), 1)[0]?.state, "below");
});

Deno.test("update() waits for a duration, and starts anew when the share came back", () => {
  const watcher = watch("person>2% for 1s");
  const at = (ms: number, share: number) =>
    watcher.update(people(share), ms).map(({ state }) => state);
  assert.deepEqual(at(0, 0.03), []);
  assert.deepEqual(at(900, 0.01), []);
  assert.deepEqual(at(1000, 0.03), []);
  assert.deepEqual(at(1999, 0.03), []);
  assert.deepEqual(at(2000, 0.03), ["above"]);
  assert.deepEqual(at(2100, 0), []);
  assert.deepEqual(at(3100, 0), ["below"]);
});

Deno.test("interrupt() starts the duration anew", () => {
  const watcher = watch("person>2% for 1s");
  watcher.update(people(0.03), 0);
  watcher.interrupt();
  assert.deepEqual(watcher.update(people(0.03), 60_000), []);
  assert.equal(watcher.update(people(0.03), 61_000).length, 1);
});

Deno.test("update() alternates, and each crossing is where the share is, for any shares", () => {
  fc.assert(fc.property(
    fc.array(fc.double({ min: 0, max: 1, noNaN: true })),
    fc.constantFrom(">", "<"),
    (shares, sign) => {
      const watcher = watch(`person${sign}40%`);
      let last = sign === ">" ? "below" : "above";
      for (const [at, share] of shares.entries()) {
        for (const { state } of watcher.update(people(share), at)) {
          assert.notEqual(state, last);
          assert.ok(state === "above" ? share >= 0.4 : share <= 0.4);
          last = state;
        }
      }
    },
  ));
});
