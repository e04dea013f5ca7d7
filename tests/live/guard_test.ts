import assert from "node:assert/strict";
import { FakeFeed } from "./fake_feed.ts";
import { closeSocket, openSocket, serveFakes, textOf } from "./serve_fakes.ts";

Deno.test("without a token, requests to other names than loopback's are refused", async () => {
  await using server = await serveFakes([new FakeFeed()]);
  const client = Deno.createHttpClient({ allowHost: true });
  const as = (host: string) => textOf(server.at("/feeds.json"), { headers: { host }, client });
  assert.equal((await as(`localhost:${server.port}`))[0], 200);
  assert.equal((await as(`[::1]:${server.port}`))[0], 200);
  const [status, text] = await as(`rebound.example:${server.port}`);
  assert.equal(status, 403);
  assert.match(text, /^403: .*localhost.*\n$/);
  client.close();
});

Deno.test("other sites' pages may neither change the view nor open WebSockets", async () => {
  const feed = new FakeFeed();
  await using server = await serveFakes([feed]);
  const post = (origin: string) =>
    textOf(server.at("/feeds/street/view"), {
      method: "POST",
      headers: { origin },
      body: '{"alpha":0}',
    });
  // Of the same host, and of another port: to cookies that would be the same site.
  for (const origin of ["https://evil.example", "null", "http://127.0.0.1:1"]) {
    assert.equal((await post(origin))[0], 403, origin);
    await assert.rejects(() => openSocket(server.at("/feeds/street/status"), { origin }));
  }
  assert.deepEqual(feed.changes, []);
  assert.equal((await post(`http://127.0.0.1:${server.port}`))[0], 200);
});

Deno.test("with a host there is a token, and without it everything is a 401", async () => {
  await using server = await serveFakes([new FakeFeed()], { host: "127.0.0.1" });
  const token = new URL(server.url).searchParams.get("token")!;
  assert.match(token, /^[\w-]{24}$/);
  const paths = ["/", "/feeds.json", "/metrics", "/healthz", "/snapshot.png", "/page/player.js"];
  for (const path of paths) {
    const wrong = [
      textOf(server.at(path)),
      textOf(server.at(`${path}?token=wrong`)),
      textOf(server.at(path), { headers: { authorization: "Bearer wrong" } }),
      textOf(server.at(path), { headers: { cookie: `segstream_${server.port}=wrong` } }),
    ];
    for (const [status, text] of await Promise.all(wrong)) {
      assert.equal(status, 401, path);
      assert.match(text, /^401: .*\n$/);
      assert.ok(!text.includes(token));
    }
    const right = await textOf(server.at(path), { headers: { authorization: `Bearer ${token}` } });
    assert.equal(right[0], 200, path);
    assert.equal((await textOf(server.at(`${path}?token=${token}`)))[0], 200, path);
  }
  await assert.rejects(() => openSocket(server.at("/feeds/street/stream")));
  await closeSocket(await openSocket(server.at(`/feeds/street/status?token=${token}`)));
});

Deno.test("a visit with the token leaves a cookie and a clean address", async () => {
  await using server = await serveFakes([new FakeFeed()], { token: "t0k-en" });
  const visit = await fetch(server.at("/feeds/street?a=1&token=t0k-en"), {
    headers: { accept: "text/html,*/*" },
    redirect: "manual",
  });
  await visit.body?.cancel();
  assert.equal(visit.status, 303);
  assert.equal(visit.headers.get("location"), "/feeds/street?a=1");
  const cookie = visit.headers.get("set-cookie")!;
  assert.match(cookie, /; HttpOnly/);
  assert.match(cookie, /; SameSite=Lax/);
  const [status, page] = await textOf(server.at("/feeds/street?a=1"), {
    headers: { cookie: cookie.split(";")[0]! },
  });
  assert.equal(status, 200);
  assert.ok(!page.includes("t0k-en"));
});
