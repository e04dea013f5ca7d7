/** The report's page as a browser lays it out. */
import assert from "node:assert/strict";
import { benchPage } from "../../src/report/bench_page.ts";
import { needsBrowser, startBrowser } from "../testing/browser.ts";
import { benchReport, ROWS } from "./synthetic_bench.ts";
import { NETWORK_ROWS, NETWORKS } from "./synthetic_networks.ts";

Deno.test({
  ...needsBrowser("benchPage() leaves every cell of its tables room for what it says"),
  async fn() {
    const report = { ...benchReport([...ROWS, ...NETWORK_ROWS]), networks: NETWORKS };
    await using browser = await startBrowser();
    const { page, problems } = await browser.open({ width: 1000, height: 800 });
    await page.setContent(await benchPage(report));
    const cells = page.locator("th, td");
    const overfull = await cells.evaluateAll((all) =>
      all.filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)
        .map(({ textContent }) => textContent)
    );
    assert.deepEqual(overfull, []);
    assert.ok(await cells.count() > 50);
    assert.deepEqual(problems, []);
  },
});
