import assert from "node:assert/strict";
import { needsBrowser, startBrowser } from "../testing/browser.ts";
import { freePort } from "../testing/free_port.ts";
import { FakeFeed, startStream } from "./fake_feed.ts";
import { caughtUp, fallBehind, type PageGlobals, played } from "./played.ts";
import { serveFakes, until } from "./serve_fakes.ts";

Deno.test({
  ...needsBrowser("the page plays the stream at its live end, without a complaint"),
  async fn() {
    await using stream = await startStream();
    await using server = await serveFakes([stream.feed]);
    await using browser = await startBrowser();
    const { page, problems } = await browser.open();
    await page.goto(server.url);
    await played(page, 3);
    // At most 1 s behind the camera is the goal; what lies between is in the page's own buffer. Where
    // a machine pauses, it catches up.
    await caughtUp(page, 1);
    await fallBehind(page, 2);
    await caughtUp(page, 1);
    assert.equal(await page.locator("#badge").textContent(), "live");
    // The first connection plays: none had to be given up, which takes seconds.
    assert.equal(stream.feed.watched, 1);
    assert.equal(stream.feed.status.viewers, 1);
    assert.deepEqual(problems, []);
  },
});

Deno.test({
  ...needsBrowser("the page's switches change the view at once, by mouse and by keyboard"),
  async fn() {
    const feed = new FakeFeed();
    await using server = await serveFakes([feed]);
    await using browser = await startBrowser();
    const { page, problems } = await browser.open();
    await page.goto(server.url);
    const road = page.locator("[data-class=road]");
    const isPressed = (state: boolean) => page.locator(`[data-class=road][aria-pressed=${state}]`);
    await isPressed(true).waitFor();

    await road.click();
    await isPressed(false).waitFor();
    await until("the feed is told", () => feed.changes.length === 1);
    assert.deepEqual(feed.changes[0], { visible: feed.classes.keys().drop(1).toArray() });

    await road.press("Space");
    await isPressed(true).waitFor();
    await until("the feed is told", () => feed.view.visible.includes(0));

    await page.locator("#no-classes").click();
    await until("nothing is tinted", () => feed.view.visible.length === 0);
    await isPressed(false).waitFor();

    await page.locator("input[value=mask]").press("Space");
    await until("the mask is drawn", () => feed.view.view === "mask");
    await page.locator("#alpha").fill("75");
    await until("the tint is stronger", () => feed.view.alpha === 0.75);
    await page.locator("#legend").click();
    await until("there is a legend", () => feed.view.legend);

    // Another page changes it.
    feed.setView({ visible: [0], alpha: 0.2 });
    await isPressed(true).waitFor();
    await page.locator("#alpha-value", { hasText: /^20/ }).waitFor();
    assert.deepEqual(problems, []);
  },
});

Deno.test({
  ...needsBrowser("the page takes a switch back that the feed refuses, and says why"),
  async fn() {
    const feed = new FakeFeed();
    feed.setView = () => {
      throw new RangeError("Cannot tint: the painter is on holiday.");
    };
    await using server = await serveFakes([feed]);
    await using browser = await startBrowser();
    const { page } = await browser.open();
    await page.goto(server.url);
    await page.locator("[data-class=car]").click();
    await page.locator("#problem", { hasText: "on holiday" }).waitFor();
    await page.locator("[data-class=car][aria-pressed=true]").waitFor();
  },
});

Deno.test({
  ...needsBrowser("the snapshot button downloads a picture named after stream and time"),
  async fn() {
    await using server = await serveFakes([new FakeFeed()]);
    await using browser = await startBrowser();
    const { page } = await browser.open();
    await page.goto(server.url);
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.locator("#snapshot").click(),
    ]);
    assert.match(download.suggestedFilename(), /^street \d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.png$/);
  },
});

Deno.test({
  ...needsBrowser("the page says that the camera is away, and why, and when it is back"),
  async fn() {
    await using stream = await startStream();
    await using server = await serveFakes([stream.feed]);
    await using browser = await startBrowser();
    const { page, problems } = await browser.open();
    await page.goto(server.url);
    await page.locator("[data-veiled=no]").waitFor();
    stream.feed.set({
      state: "reconnecting",
      reason: "the camera does not answer",
      stateSince: Date.now() - 61_000,
    });
    await page.locator("[data-veiled=yes]").waitFor();
    assert.equal(await page.locator("#badge").textContent(), "reconnecting");
    assert.match(
      (await page.locator("[data-veil]").textContent())!,
      /^reconnecting for 1.min \d+.s: the camera does not answer$/,
    );
    stream.feed.set({ state: "live", reason: undefined });
    await page.locator("[data-veiled=no]").waitFor();
    assert.equal(await page.locator("#badge").textContent(), "live");
    assert.deepEqual(problems, []);
  },
});

Deno.test({
  ...needsBrowser("the page plays on by itself when the server comes back"),
  async fn() {
    await using stream = await startStream();
    const first = await serveFakes([stream.feed], { port: freePort() });
    await using browser = await startBrowser();
    const { page } = await browser.open();
    await page.goto(first.url);
    await played(page, 0.5);
    await first.close();
    await page.locator("#badge[data-state=unreachable]").waitFor();
    await until("nobody watches", () => stream.feed.status.viewers === 0);
    await using _second = await serveFakes([stream.feed], { port: first.port });
    await page.locator("#badge[data-state=live]").waitFor();
    await played(page, 0.5);
  },
});

Deno.test({
  ...needsBrowser("the page plays on when the encoder is replaced, with a picture of another size"),
  async fn() {
    await using stream = await startStream();
    await using server = await serveFakes([stream.feed]);
    await using browser = await startBrowser();
    const { page, problems } = await browser.open();
    await page.goto(server.url);
    await played(page, 0.5);
    await stream.replace(["-f", "lavfi", "-i", "testsrc2=size=320x240:rate=25"]);
    await page.waitForFunction(() =>
      (globalThis as unknown as PageGlobals).document.querySelector("video").videoWidth === 320
    );
    await played(page, 1);
    const box = (await page.locator("[data-screen]").boundingBox())!;
    // The screen takes the picture's shape.
    assert.ok(Math.abs(box.width / box.height - 4 / 3) < 0.01);
    assert.deepEqual(problems, []);
  },
});

Deno.test({
  ...needsBrowser("the page plays behind a token, and says when the token is no longer valid"),
  async fn() {
    await using stream = await startStream();
    const first = await serveFakes([stream.feed], {
      host: "127.0.0.1",
      port: freePort(),
      token: "first",
    });
    await using browser = await startBrowser();
    const { page, problems } = await browser.open();
    await page.goto(first.url);
    assert.equal(new URL(page.url()).search, "");
    await played(page, 0.5);
    assert.deepEqual(problems, []);
    await first.close();
    await using _second = await serveFakes([stream.feed], {
      host: "127.0.0.1",
      port: first.port,
      token: "second",
    });
    await page.locator("#badge[data-state=locked]").waitFor();
    assert.match((await page.locator("[data-veil]").textContent())!, /token is no longer valid/);
  },
});

for (
  const [width, height, least] of [[320, 640, 0.2], [1280, 720, 0.35], [1920, 1080, 0.45]] as const
) {
  Deno.test({
    ...needsBrowser(`at ${width} px the page fits, and nothing moves when figures change`),
    async fn() {
      await using stream = await startStream();
      const { feed } = stream;
      await using server = await serveFakes([feed]);
      await using browser = await startBrowser();
      const { page, problems } = await browser.open({ width, height });
      await page.goto(server.url);
      await played(page, 0.2);
      const box = (await page.locator("video").boundingBox())!;
      assert.ok(box.x >= 0 && box.y >= 0 && box.x + box.width <= width);
      assert.ok(box.y + box.height <= height, "the video is in sight without scrolling");
      const share = box.width * box.height / (width * height);
      assert.ok(share > least, `the video takes ${share} of the window`);
      const parts = page.locator(".bar, .screen, .class, .share, .figures div, .stages li, .chart");
      const boxes = () =>
        parts.evaluateAll((all) => all.map((part) => JSON.stringify(part.getBoundingClientRect())));
      const before = await boxes();
      assert.ok(before.length > 50);
      feed.set({
        fps: 119.9,
        latencyMs: { p50: 188.8, p95: 288.8, p99: 388.8 },
        stages: { ...feed.status.stages, infer: { p50: 168.8, p95: 200, p99: 300 } },
        framesIn: 123_456_789,
        framesOut: 123_400_000,
        dropped: { "worker behind": 56_788, "camera too fast": 1 },
        shares: feed.classes.map((_, id) => id === 3 ? 1 : 0),
        reconnects: 1234,
      });
      await page.locator(".figures", { hasText: "119.9" }).waitFor();
      assert.deepEqual(await boxes(), before);
      const scrollWidth = await page.locator("html").evaluate((html) => html.scrollWidth);
      assert.equal(scrollWidth, width);
      assert.deepEqual(problems, []);
    },
  });
}

Deno.test({
  ...needsBrowser("the grid plays every stream, says how each is, and opens one"),
  async fn() {
    const feeds = ["front", "yard", "gate"].map((name) => new FakeFeed(name));
    await using _first = await startStream(feeds[0]);
    await using _second = await startStream(feeds[1]);
    feeds[2]!.set({ state: "connecting", fps: 0 });
    await using server = await serveFakes(feeds);
    await using browser = await startBrowser();
    const { page, problems } = await browser.open();
    await page.goto(server.url);
    await played(page, 0.5, "[data-feed='0'] video");
    await played(page, 0.5, "[data-feed='1'] video");
    assert.equal(await page.locator("[data-feed='2'] [data-badge]").textContent(), "connecting");
    assert.equal(await page.locator("#badge").textContent(), "2 of 3 live");
    assert.equal(await page.locator("[data-feed='1'] [data-fps]").textContent(), "25.0 fps");
    await page.locator("[data-feed='1']").click();
    await page.waitForURL("**/feeds/yard");
    await played(page, 0.2);
    await until("the others are not watched", () => feeds[0]!.status.viewers === 0);
    assert.deepEqual(problems, []);
  },
});

Deno.test({
  ...needsBrowser("20 pages opened and closed leave no viewer and no WebSocket"),
  async fn() {
    const input = ["-f", "lavfi", "-i", "testsrc2=size=160x120:rate=10"];
    await using stream = await startStream(new FakeFeed(), input);
    const { feed } = stream;
    await using server = await serveFakes([feed]);
    await using browser = await startBrowser();
    const listeners = feed.listeners;
    for (let round = 0; round < 5; round++) {
      const opened = await Promise.all(Array.from({ length: 4 }, () => browser.open()));
      await Promise.all(opened.map(({ page }) => page.goto(server.url, { waitUntil: "commit" })));
      await Promise.all(opened.map(({ page }) => played(page, 0.1)));
      await until("all watch", () => feed.status.viewers === 4);
      await Promise.all(opened.map(({ close }) => close()));
      await until("all are gone", () => feed.status.viewers === 0 && server.clients === 0);
    }
    assert.equal(feed.listeners, listeners);
  },
});
