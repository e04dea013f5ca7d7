import assert from "node:assert/strict";
import { OutputError } from "../../src/errors.ts";
import { serveLive } from "../../src/live/server.ts";
import { freePort } from "../testing/free_port.ts";
import { FakeFeed, PNG } from "./fake_feed.ts";
import { closeSocket, nextMessage, openSocket, serveFakes, textOf, until } from "./serve_fakes.ts";

Deno.test("serveLive() serves the page of one feed, confined to itself", async () => {
  await using server = await serveFakes([new FakeFeed("front <door>")]);
  const answer = await fetch(server.at("/"));
  const page = await answer.text();
  assert.equal(answer.status, 200);
  assert.match(page, /<h1>front &lt;door&gt;<\/h1>/);
  const policy = answer.headers.get("content-security-policy")!;
  assert.match(policy, /default-src 'none'/);
  assert.doesNotMatch(policy, /unsafe|\*/);
  // Every script, style and picture is a file of this server.
  const markup = page.replace(/<script type="application\/json".*?<\/script>/s, "");
  const addresses = [...markup.matchAll(/(?:src|href|action)="([^"]*)"/g)].map(([, url]) => url!);
  assert.ok(addresses.length > 5);
  for (const address of addresses) {
    assert.match(address, /^\//);
    const [status] = await textOf(server.at(address));
    assert.equal(status, 200, address);
  }
  assert.doesNotMatch(markup, /<script(?![^>]* src=)[^>]*>|<style| style="| on\w+="/);
});

Deno.test("every script that a page's script imports is served", async () => {
  await using server = await serveFakes([new FakeFeed()]);
  const seen = new Set<string>();
  const follow = async (path: string): Promise<void> => {
    if (seen.has(path)) return;
    seen.add(path);
    const [status, text] = await textOf(server.at(path));
    assert.equal(status, 200, path);
    for (const [, name] of text.matchAll(/^import .* from "\.\/(.*)";$/gm)) {
      await follow(`/page/${name}`);
    }
  };
  await follow("/page/feed_page.js");
  await follow("/page/grid_page.js");
  assert.ok(seen.size > 8);
});

Deno.test("a page's file is sent again only when it changed", async () => {
  await using server = await serveFakes([new FakeFeed()]);
  const first = await fetch(server.at("/page/mpegts.js"));
  await first.body?.cancel();
  const again = await fetch(server.at("/page/mpegts.js"), {
    headers: { "If-None-Match": first.headers.get("etag")! },
  });
  assert.equal(again.status, 304);
  assert.deepEqual(await textOf(server.at("/page/..%2Fserver.ts")), [
    404,
    "404: there is nothing here.\n",
  ]);
});

Deno.test("serveLive() serves a grid of several feeds, and each by its name", async () => {
  const feeds = [new FakeFeed("yard"), new FakeFeed("gate 1/2")];
  await using server = await serveFakes(feeds);
  const [, grid] = await textOf(server.at("/"));
  assert.match(grid, /href="\/feeds\/yard"/);
  assert.match(grid, /href="\/feeds\/gate%201%2F2"/);
  const [status, page] = await textOf(server.at("/feeds/gate%201%2F2"));
  assert.equal(status, 200);
  assert.match(page, /<h1>gate 1\/2<\/h1>/);
  assert.equal((await textOf(server.at("/feeds/nobody")))[0], 404);
});

Deno.test("serveLive() refuses no feed and two of one name", async () => {
  await assert.rejects(() => serveLive([], { port: 0 }), RangeError);
  await assert.rejects(() => serveLive([new FakeFeed("a"), new FakeFeed("a")], { port: 0 }), {
    name: "RangeError",
    message: /two streams named "a"/,
  });
});

Deno.test("serveLive() says in one line that a port is in use, and holds on to nothing", async () => {
  const feed = new FakeFeed();
  await using server = await serveFakes([new FakeFeed()]);
  await assert.rejects(() => serveLive([feed], { port: server.port }), (error) => {
    assert.ok(error instanceof OutputError);
    assert.equal(
      error.message,
      `Cannot serve the live page on 127.0.0.1:${server.port}: the port is in use. ` +
        "End the program that has it, or choose another port.",
    );
    return true;
  });
  assert.equal(feed.listeners, 0);
});

Deno.test("serveLive() names the permission that an address wants", async () => {
  // The tests may listen on loopback only.
  await assert.rejects(() => serveLive([new FakeFeed()], { host: "192.0.2.1", port: 8080 }), {
    name: "OutputError",
    message: /--allow-net=192\.0\.2\.1:8080/,
  });
});

Deno.test("POST view changes the feed's view, and says what was wrong", async () => {
  const feed = new FakeFeed();
  await using server = await serveFakes([feed]);
  const post = async (body: string) => {
    const answer = await fetch(server.at("/feeds/street/view"), { method: "POST", body });
    return [answer.status, await answer.json()] as const;
  };
  const [status, view] = await post('{"view":"mask","visible":[0,13]}');
  assert.equal(status, 200);
  assert.deepEqual(view, feed.view);
  assert.deepEqual(feed.changes, [{ view: "mask", visible: [0, 13] }]);
  const wrong = ["", "[]", "null", '{"views":1}', '{"alpha":"1"}', '{"visible":[0.5]}'];
  for (const body of [...wrong, '{"view":"x-ray"}', '{"__proto__":{}}']) {
    const [status, { error }] = await post(body);
    assert.equal(status, 400, body);
    assert.equal(typeof error, "string");
  }
  assert.equal((await post(`{"view":"${"x".repeat(20_000)}"}`))[0], 413);
  assert.equal(feed.changes.length, 1);
});

Deno.test("/snapshot.png gives the newest frame, drawn once for all who ask together", async () => {
  const feed = new FakeFeed();
  await using server = await serveFakes([feed]);
  const drawing = Promise.withResolvers<Uint8Array>();
  feed.snapshot = () => {
    feed.snapshots++;
    return drawing.promise;
  };
  const asked = ["/snapshot.png", "/feeds/street/snapshot.png"].map((path) =>
    fetch(server.at(path))
  );
  await until("a snapshot is drawn", () => feed.snapshots > 0);
  drawing.resolve(PNG);
  for (const answer of await Promise.all(asked)) {
    assert.equal(answer.headers.get("content-type"), "image/png");
    assert.deepEqual(await answer.bytes(), PNG);
  }
  feed.snapshot = () => Promise.resolve(undefined);
  assert.equal((await textOf(server.at("/snapshot.png")))[0], 503);
});

Deno.test("/classes.json names the classes with colour and share", async () => {
  await using server = await serveFakes([new FakeFeed()]);
  const classes = await (await fetch(server.at("/classes.json"))).json();
  assert.equal(classes.length, 19);
  // The colour of Cityscapes' road; the fake's first share is a half.
  assert.deepEqual(classes[0], {
    id: 0,
    name: "road",
    category: "flat",
    colour: "#804080",
    share: 0.5,
  });
});

Deno.test("/healthz is 200 while any feed is live", async () => {
  const feeds = [new FakeFeed("a"), new FakeFeed("b")];
  await using server = await serveFakes(feeds);
  feeds[0]!.set({ state: "reconnecting", reason: "no route" });
  const healthy = await fetch(server.at("/healthz"));
  assert.equal(healthy.status, 200);
  assert.deepEqual(await healthy.json(), {
    healthy: true,
    feeds: [{ name: "a", state: "reconnecting", reason: "no route" }, { name: "b", state: "live" }],
  });
  feeds[1]!.set({ state: "ended" });
  assert.equal((await textOf(server.at("/healthz")))[0], 503);
});

Deno.test("/status pushes all feeds' status and views as they change", async () => {
  const feeds = [new FakeFeed("a"), new FakeFeed("b")];
  await using server = await serveFakes(feeds);
  const socket = await openSocket(server.at("/status"));
  const first = JSON.parse(String(await nextMessage(socket)));
  assert.deepEqual(
    first.feeds.map((feed: { status: unknown }) => feed.status),
    [
      { ...feeds[0]!.status, reason: undefined },
      { ...feeds[1]!.status, reason: undefined },
    ].map((status) => JSON.parse(JSON.stringify(status))),
  );
  feeds[1]!.setView({ alpha: 0.25 });
  let second = first;
  while (second.feeds[1].view.alpha !== 0.25) {
    second = JSON.parse(String(await nextMessage(socket)));
  }
  assert.equal(second.server, first.server);
  await closeSocket(socket);
});

Deno.test("/feeds/NAME/stream asks for a WebSocket where none is opened", async () => {
  await using server = await serveFakes([new FakeFeed()]);
  assert.deepEqual(await textOf(server.at("/feeds/street/stream")), [
    426,
    "426: open this with a WebSocket.\n",
  ]);
});

Deno.test("close() ends connections, lets go of the feeds and frees the port", async () => {
  const feed = new FakeFeed();
  const server = await serveFakes([feed], { port: freePort() });
  const sockets = await Promise.all(
    ["/feeds/street/stream", "/feeds/street/status", "/status"].map((path) =>
      openSocket(server.at(path))
    ),
  );
  await until("the server knows them", () => server.clients === 3);
  const closed = sockets.map((socket) =>
    new Promise<number>((resolve) => socket.onclose = ({ code }) => resolve(code))
  );
  await Promise.all([server.close(), server.close()]);
  assert.deepEqual(await Promise.all(closed), [1001, 1001, 1001]);
  assert.equal(feed.listeners, 0);
  await until("nobody watches", () => feed.status.viewers === 0);
  const next = await serveLive([feed], { port: server.port });
  await next.close();
});

Deno.test("close() does not wait for a client that never ends its request", async () => {
  const server = await serveFakes([new FakeFeed()]);
  const client = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
  const head = `POST /feeds/street/view HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\n`;
  await client.write(new TextEncoder().encode(`${head}Content-Length: 9\r\n\r\n{`));
  // Another request is answered: the first one has been begun.
  await textOf(server.at("/healthz"));
  await server.close();
  client.close();
});

Deno.test("a signal closes the server", async () => {
  const controller = new AbortController();
  const feed = new FakeFeed();
  await using server = await serveFakes([feed], { signal: controller.signal });
  assert.equal(feed.listeners, 1);
  controller.abort();
  await server.close();
  assert.equal(feed.listeners, 0);
  await assert.rejects(() => serveLive([feed], { port: 0, signal: controller.signal }), {
    name: "AbortError",
  });
});
