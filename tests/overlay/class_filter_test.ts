import assert from "node:assert/strict";
import { type ClassFilter, visibleClasses } from "../../src/overlay/class_filter.ts";

const ALL = Array.from({ length: 19 }, (_, id) => id);

// Ids are the Cityscapes train ids.
for (
  const { filter, expected } of [
    { filter: {}, expected: ALL },
    { filter: { show: "road,car" }, expected: [0, 13] },
    { filter: { show: " Road , CAR," }, expected: [0, 13] },
    { filter: { show: ["traffic-light", "traffic_sign"] }, expected: [6, 7] },
    { filter: { show: "Traffic Light" }, expected: [6] },
    { filter: { show: "vehicle" }, expected: [13, 14, 15, 16, 17, 18] },
    { filter: { show: "human,10,0" }, expected: [0, 10, 11, 12] },
    { filter: { hide: "sky" }, expected: ALL.filter((id) => id !== 10) },
    { filter: { show: "vehicle", hide: "train,bicycle" }, expected: [13, 14, 15, 17] },
    { filter: { hide: ALL.map(String) }, expected: [] },
  ] satisfies { filter: ClassFilter; expected: number[] }[]
) {
  Deno.test(`visibleClasses() gives the ids, when asked for ${JSON.stringify(filter)}`, () => {
    assert.deepEqual([...visibleClasses(filter)].sort((a, b) => a - b), expected);
  });
}

for (
  const { filter, message } of [
    { filter: { show: "raod" }, message: /^Cannot show classes: "raod" is no .*mean "road"\?$/ },
    { filter: { hide: "vehicles" }, message: /^Cannot hide classes: .*mean "vehicle"\?$/ },
    {
      filter: { show: "giraffe" },
      message: /choose from road, sidewalk, .*bicycle, flat, .*human/,
    },
    { filter: { show: "19" }, message: /"19" is no class, category or class id below 19/ },
    { filter: { show: "-1" }, message: /"-1" is no class/ },
    { filter: { show: " , " }, message: /the list is empty/ },
    { filter: { hide: [] }, message: /the list is empty/ },
  ] satisfies { filter: ClassFilter; message: RegExp }[]
) {
  Deno.test(`visibleClasses() says what is wrong, when asked for ${JSON.stringify(filter)}`, () => {
    assert.throws(() => visibleClasses(filter), (error: Error) => {
      assert.ok(error instanceof RangeError);
      assert.match(error.message, message);
      assert.ok(!error.message.includes("\n"));
      return true;
    });
  });
}

Deno.test("visibleClasses() knows a model's own classes, when it has others", () => {
  const classes = [
    { name: "background", colour: [0, 0, 0], category: "other" },
    { name: "lane", colour: [255, 0, 0], category: "road" },
    { name: "kerb", colour: [0, 255, 0], category: "road" },
  ] as const;
  assert.deepEqual([...visibleClasses({ show: "road" }, classes)], [1, 2]);
});
