import { FakeFeed, startStream } from "/work/main/tests/live/fake_feed.ts";
import { serveLive } from "/work/main/src/live/server.ts";
import { startBrowser } from "/work/main/tests/testing/browser.ts";
const input = ["-stream_loop","-1","-i","/work/main/demo.mp4"];
await using a = await startStream(new FakeFeed("front door"), input);
const wobble = setInterval(() => {
  const k = () => 0.8 + 0.4 * Math.random();
  const s = { wait: 0.4*k(), prepare: 1.6*k(), infer: 19*k(), label: 2.4*k(), blend: 1.7*k(), order: 1*k(), encode: 5*k() };
  const sum = Object.values(s).reduce((x, y) => x + y, 0);
  a.feed.set({ fps: 25*(0.99+0.02*Math.random()), latencyMs: {p50: sum, p95: sum*1.3, p99: sum*1.5}, framesIn: a.feed.status.framesIn+6, framesOut: a.feed.status.framesOut+6,
   stages: Object.fromEntries(Object.entries(s).map(([n, v]) => [n, {p50: v, p95: v, p99: v}])),
   shares: [0.412,0.081,0.223,0.004,0.002,0.009,0.001,0.003,0.101,0,0.092,0.013,0,0.052,0,0.004,0,0,0.003].map(v=>v*k()) });
}, 200);
await using server = Object.assign(await serveLive([a.feed], { port: 0 }), { async [Symbol.asyncDispose]() { await this.close(); } });
console.log(server.url);
await using browser = await startBrowser();
for (const [w, h] of [[1920,1080],[320,640],[1280,720]] as const) {
  const { page, problems, close } = await browser.open({ width: w, height: h });
  const t = performance.now();
  await page.goto(server.url);
  await page.waitForFunction(() => (document.querySelector("video") as any).currentTime > 0 && (document.querySelector("video") as any).readyState >= 3);
  console.log(w, "first picture after", performance.now() - t);
  await page.waitForTimeout(w === 1920 ? 20000 : 3000);
  console.log(await page.evaluate(() => { const v = document.querySelector("video") as any; return [v.currentTime, v.buffered.end(v.buffered.length-1)-v.currentTime, v.playbackRate, document.documentElement.scrollWidth] }));
  await page.screenshot({ path: `/tmp/try/feed_${w}.png`, fullPage: w < 1000 });
  console.log(problems);
  await close();
}
// grid
const names = ["front door", "yard", "gate east", "parking"];
const extra = [a.feed, ...names.slice(1).map((n) => { const f = new FakeFeed(n); return f; })];
const tests = await Promise.all([startStream(extra[1]), startStream(extra[2], input), ]);
extra[3]!.set({ state: "reconnecting", reason: "the camera does not answer", stateSince: Date.now() - 61000, fps: 0 });
const grid = await serveLive(extra, { port: 0 });
for (const [w, h] of [[1920,1080],[320,640]] as const) {
  const { page, problems, close } = await browser.open({ width: w, height: h });
  await page.goto(grid.url);
  await page.waitForTimeout(5000);
  await page.screenshot({ path: `/tmp/try/grid_${w}.png`, fullPage: w < 1000 });
  console.log(problems);
  await close();
}
{ const { page, close } = await browser.open({ width: 1280, height: 800 });
  await page.goto(grid.url + "feeds/parking"); await page.waitForTimeout(1500);
  await page.screenshot({ path: `/tmp/try/away.png` }); 
  await page.goto(grid.url + "feeds/gate%20east"); await page.waitForTimeout(1500);
  await grid.close(); await page.waitForTimeout(1500);
  await page.click("[data-class=road]").catch(String);
  await page.waitForTimeout(500);
  await page.screenshot({ path: `/tmp/try/gone.png` }); await close(); }
for (const t of tests) await t[Symbol.asyncDispose]();
clearInterval(wobble);
console.log(a.feed.status.viewers, server.clients);
