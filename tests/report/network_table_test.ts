import assert from "node:assert/strict";
import { networkTable } from "../../src/report/network_table.ts";
import { NETWORK_ROWS, NETWORKS } from "./synthetic_networks.ts";

Deno.test("networkTable() shows what was measured beside what is published", () => {
  const lines = networkTable(NETWORKS, NETWORK_ROWS);
  assert.deepEqual(lines.map((line) => line.replace(/ {2,}/g, "|")), [
    "Networks, fps|half|full|paper, full|parameters, M|GMAC",
    "|(published)|full",
    "|ContextNet|45.2|9.51|41.9 Maxwell|0.86|(0.85)|5.63",
    "|BiSeNet (ResNet-18)|1.75|13.34|118.30",
  ]);
  assert.ok(lines.every((line) => line.length <= 100));
});

Deno.test("networkTable() is empty where nothing was measured", () => {
  assert.deepEqual(networkTable([], []), []);
});
