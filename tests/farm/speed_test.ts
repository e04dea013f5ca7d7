import assert from "node:assert/strict";
import { measureFarm } from "../testing/farm_speed.ts";
import { redisPresence } from "../testing/redis.ts";

const presence = await redisPresence();

/** Two would be perfect; with two of six parts more on one side it is 1.5. tests/hard has the real measure. */
const LEAST_RATIO = 1.3;

Deno.test({
  name: presence.name("two workers with a core each halve the work"),
  ignore: presence.ignore || Deno.build.os !== "linux" || navigator.hardwareConcurrency < 2,
  async fn() {
    const speeds = await measureFarm({ parts: 6, workers: [1, 2] });
    const ratio = speeds.get(1)!.coreSeconds / speeds.get(2)!.coreSeconds;
    assert.ok(ratio >= LEAST_RATIO, `${ratio.toFixed(2)}×`);
  },
});
