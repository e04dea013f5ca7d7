/** What the server answers to which address. */
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { oneLine } from "../ffmpeg/redact.ts";
import type { Feed } from "../report/feed.ts";
import { confinePages, refuseOtherNames, refuseOtherSites, requireToken } from "./guard.ts";
import type { LiveMetrics } from "./metrics.ts";
import { pageFile } from "./page_files.ts";
import { classesOf, feedPage, gridPage } from "./pages.ts";
import { type ServerRun, statusMessage, StatusPush } from "./status_push.ts";
import { sendStream } from "./stream_socket.ts";
import { readViewChange } from "./view_change.ts";

/** What the routes work on. */
export interface RouteParts {
  /** At least one, of different names. */
  readonly feeds: readonly Feed[];
  /** Tells the pages when it is another one. */
  readonly run: ServerRun;
  /** Of the same feeds. */
  readonly metrics: LiveMetrics;
  /** What every request needs; without one only requests to loopback names are answered. */
  readonly token: string | undefined;
  /** Told of every WebSocket before it is open. */
  readonly onSocket: (socket: WebSocket) => void;
}

const LARGEST_BODY_BYTES = 16 * 1024;

/** Makes the routes. */
export function createRoutes({ feeds, run, metrics, token, onSocket }: RouteParts): Hono {
  const first = feeds[0]!;
  const snapshots = new Map<Feed, Promise<Uint8Array | undefined>>();
  const pushes = new Map(feeds.map((feed) => [feed, new StatusPush(run, [feed])]));
  const pushOfAll = new StatusPush(run, feeds);

  /** Answers with a WebSocket; `use` has it before it is open. */
  const upgrade = (context: Context, use: (socket: WebSocket) => void) => {
    if (context.req.header("upgrade")?.toLowerCase() !== "websocket") {
      return context.text("426: open this with a WebSocket.\n", 426, { Upgrade: "websocket" });
    }
    const { socket, response } = Deno.upgradeWebSocket(context.req.raw);
    socket.binaryType = "arraybuffer";
    onSocket(socket);
    use(socket);
    return response;
  };
  /** Clients that ask at the same moment share one picture. */
  const snapshot = async (context: Context, feed: Feed) => {
    let pending = snapshots.get(feed);
    if (pending === undefined) {
      pending = feed.snapshot().finally(() => snapshots.delete(feed));
      snapshots.set(feed, pending);
    }
    const png = await pending;
    if (png === undefined) return context.text("503: there was no frame yet.\n", 503);
    return context.body(png as Uint8Array<ArrayBuffer>, 200, { "Content-Type": "image/png" });
  };
  const changeView = async (context: Context, feed: Feed) => {
    try {
      feed.setView(readViewChange(await context.req.json()));
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      if (!["TypeError", "RangeError", "SyntaxError"].includes(error.name)) throw error;
      return context.json({ error: error.message }, 400);
    }
    return context.json(feed.view);
  };
  /** Calls `answer` with the feed that the address names. */
  const ofFeed =
    (answer: (context: Context, feed: Feed) => Response | Promise<Response>) =>
    (context: Context) => {
      const name = context.req.param("name");
      const feed = feeds.find((each) => each.name === name);
      return feed === undefined ? context.notFound() : answer(context, feed);
    };
  const page = (context: Context, feed: Feed) =>
    context.html(feedPage(feed, statusMessage(run, [feed]), feeds.length > 1).toString());

  const app = new Hono();
  app.use(confinePages);
  if (token === undefined) app.use(refuseOtherNames);
  app.use(refuseOtherSites);
  if (token !== undefined) app.use(requireToken(token));

  app.get("/", (context) => {
    if (feeds.length === 1) return page(context, first);
    return context.html(gridPage(feeds, statusMessage(run, feeds)).toString());
  });
  app.get("/status", (context) => upgrade(context, (socket) => pushOfAll.add(socket)));
  app.get("/feeds.json", (context) => context.json(statusMessage(run, feeds)));
  app.get("/classes.json", (context) => context.json(classesOf(first)));
  app.get("/snapshot.png", (context) => snapshot(context, first));
  app.get("/healthz", (context) => {
    const states = feeds.map(({ name, status: { state, reason } }) => ({ name, state, reason }));
    const isHealthy = states.some(({ state }) => state === "live");
    return context.json({ healthy: isHealthy, feeds: states }, isHealthy ? 200 : 503);
  });
  app.get(
    "/metrics",
    async (context) =>
      context.body(await metrics.text(), 200, { "Content-Type": metrics.contentType }),
  );
  app.get("/page/:file", servePageFile);

  app.get("/feeds/:name", ofFeed(page));
  app.get("/feeds/:name/classes.json", ofFeed((context, feed) => context.json(classesOf(feed))));
  app.get("/feeds/:name/snapshot.png", ofFeed(snapshot));
  app.get(
    "/feeds/:name/stream",
    ofFeed((context, feed) => upgrade(context, (socket) => sendStream(feed, socket))),
  );
  app.get(
    "/feeds/:name/status",
    ofFeed((context, feed) => upgrade(context, (socket) => pushes.get(feed)!.add(socket))),
  );
  app.post(
    "/feeds/:name/view",
    bodyLimit({
      maxSize: LARGEST_BODY_BYTES,
      onError: (context) => context.json({ error: "The change of a view is smaller." }, 413),
    }),
    ofFeed(changeView),
  );

  app.notFound((context) => context.text("404: there is nothing here.\n", 404));
  app.onError((error, context) => context.text(`500: ${oneLine(error.message)}\n`, 500));
  return app;
}

async function servePageFile(context: Context): Promise<Response> {
  const file = await pageFile(context.req.param("file")!);
  if (file === undefined) return context.notFound();
  // Asked for anew each time, and sent only when it changed: a page outlives the server's version.
  const headers = { "Cache-Control": "no-cache", ETag: file.etag };
  // The weak form is what the server's compression makes of it.
  const known = context.req.header("if-none-match")?.replace(/^W\//, "");
  if (known === file.etag) return context.body(null, 304, headers);
  return context.body(file.body, 200, { ...headers, "Content-Type": file.contentType });
}
