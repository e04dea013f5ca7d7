/** How far the page is behind the camera, from the one's glass to the other's. */
import assert from "node:assert/strict";
import { cameraPageTest, measurePageLag } from "../testing/camera_page.ts";
import { median } from "../testing/median.ts";

Deno.test({
  ...cameraPageTest("the page shows what happened before the camera a moment ago"),
  async fn() {
    const { lagsMs, unread } = await measurePageLag({
      size: { width: 320, height: 180 },
      ...{ fps: 25, durationMs: 4000 },
    });
    const read = lagsMs.length;
    assert.ok(read > 10 && unread < read / 10, `${read} readings, ${unread} unreadable`);
    // The goal is a second; it takes 0.3 to 0.5 s on two cores that others use as well.
    const lagMs = median(lagsMs);
    assert.ok(lagMs < 2000, `${lagMs} ms`);
    // No picture is on a screen before it was encoded, sent, segmented and encoded again.
    assert.ok(Math.min(...lagsMs) > 5, `${Math.min(...lagsMs)} ms`);
  },
});
