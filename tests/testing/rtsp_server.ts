import { sendSignal } from "./command.ts";
import { freePort } from "./free_port.ts";
import { repositoryPath } from "./repository.ts";

/** Debian's, which the bindings are installed for, also where another python3 comes first. */
const PYTHON = "/usr/bin/python3";
const SCRIPT = repositoryPath("tests", "testing", "rtsp_server.py");

/**
 * What the server sends: the H.264 of an MP4 file over and over, or what it encodes itself. That is
 * a moving ball, or the `pictures` of a file (I420) over and over, each with the time at which it is
 * sent, for bar_clock.ts to read; their width is a multiple of 16.
 */
export type RtspSource =
  | { readonly file: string }
  | {
    readonly width: number;
    readonly height: number;
    readonly fps: number;
    readonly pictures?: string;
  };

/** Options of {@link startRtspServer}. */
export interface RtspServerOptions {
  /** "/cam" by default. */
  readonly path?: string;
  /** 320x240 at 25 fps by default. */
  readonly source?: RtspSource;
  /** With a password, a request without it is answered 401. */
  readonly user?: string;
  readonly password?: string;
  /** How the password is asked for; "basic" by default. */
  readonly auth?: "basic" | "digest";
  /** Where the H.264 that is published goes, as Annex B; nowhere by default. */
  readonly recordTo?: string;
}

/**
 * GStreamer's RTSP server in a process of its own, on 127.0.0.1. It speaks TCP and UDP and serves
 * any number of clients. Dispose of it (`await using`), and it is killed.
 */
export interface RtspServer extends AsyncDisposable {
  /** What to read, user and password included. */
  readonly url: string;
  /** Where one client at a time may publish H.264 (`ffmpeg … -f rtsp <publishUrl>`). */
  readonly publishUrl: string;
  readonly port: number;
  /** The TCP connections since this process began, as far as it has told. */
  readonly connectionCount: number;
  /** The TCP connections since this process began, all that it has answered on. */
  countConnections(): Promise<number>;
  /** The access units that were published to this process. */
  readonly publishedCount: number;
  /** Resolves once `count` access units were published; rejects if the server ends before. */
  published(count: number): Promise<void>;
  /** SIGKILL: every connection breaks, the port is free. Safe to call twice. */
  stop(): Promise<void>;
  /** SIGSTOP: connections stay open, new ones are accepted by the system, nothing is answered. */
  pause(): void;
  /** SIGCONT. */
  resume(): void;
  /** Stops it if it runs, and starts it on the same port; `changed` replaces options for good. */
  restart(changed?: RtspServerOptions): Promise<void>;
}

/** Whether GStreamer's RTSP server and the plugins that it needs here are installed. */
export const hasRtspServer: boolean = checkRtspServer();

/** The reason for skipping a test where {@link hasRtspServer} is false. */
export const RTSP_SERVER_MISSING =
  "gir1.2-gst-rtsp-server-1.0, python3-gi and gstreamer1.0-plugins-base, -good, -bad, -ugly " +
  "are not all installed";

/** The name of a test that wants the server, with the reason where it is skipped. */
export function rtspServerTest(name: string): { readonly name: string; readonly ignore: boolean } {
  return {
    name: hasRtspServer ? name : `${name} (skipped: ${RTSP_SERVER_MISSING})`,
    ignore: !hasRtspServer,
  };
}

/**
 * Starts a real RTSP server; it listens when this resolves.
 *
 * ```ts
 * Deno.test({
 *   ...rtspServerTest("decode() reads a camera"),
 *   async fn() {
 *     await using camera = await startRtspServer({ user: "user", password: "secret" });
 *     …camera.url…
 *   },
 * });
 * ```
 */
export async function startRtspServer(options: RtspServerOptions = {}): Promise<RtspServer> {
  let current = options;
  const port = freePort(); // it has to keep it while it is away
  let process = await startProcess(options, port);
  const url = (path: string) => {
    const { user = "", password } = current;
    return `rtsp://${password === undefined ? "" : `${user}:${password}@`}127.0.0.1:${port}${path}`;
  };
  return {
    port,
    get url() {
      return url(current.path ?? "/cam");
    },
    get publishUrl() {
      return url("/publish");
    },
    get connectionCount() {
      return process.counts.connected;
    },
    get publishedCount() {
      return process.counts.published;
    },
    countConnections: () => process.countConnections(),
    published: (count) => process.published(count),
    stop: () => process.kill(),
    pause: () => process.signal("SIGSTOP"),
    resume: () => process.signal("SIGCONT"),
    async restart(changed = {}) {
      await process.kill();
      current = { ...current, ...changed };
      process = await startProcess(current, port);
    },
    [Symbol.asyncDispose]: () => process.kill(),
  };
}

interface ServerProcess {
  readonly counts: { connected: number; published: number; synced: number };
  countConnections(): Promise<number>;
  published(count: number): Promise<void>;
  signal(signal: Deno.Signal): void;
  kill(): Promise<void>;
}

type ServerEvent =
  | { readonly event: "ready"; readonly port: number }
  | { readonly event: "connected" }
  | { readonly event: "synced" }
  | { readonly event: "published"; readonly frames: number };

async function startProcess(options: RtspServerOptions, port: number): Promise<ServerProcess> {
  const child = new Deno.Command(PYTHON, {
    args: [SCRIPT],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const settings = {
    port,
    path: "/cam",
    publishPath: "/publish",
    source: { width: 320, height: 240, fps: 25 },
    auth: "basic",
    user: "",
    ...options,
  };
  const stdin = child.stdin.getWriter();
  const tell = (line: string) => stdin.write(new TextEncoder().encode(`${line}\n`));
  await tell(JSON.stringify(settings));

  const counts = { connected: 0, published: 0, synced: 0 };
  let syncs = 0;
  const ready = Promise.withResolvers<void>();
  let changed = Promise.withResolvers<void>();
  let running = true;
  const onEvent = (event: ServerEvent) => {
    if (event.event === "ready") ready.resolve();
    if (event.event === "connected") counts.connected++;
    if (event.event === "synced") counts.synced++;
    if (event.event === "published") counts.published = event.frames;
    changed.resolve();
    changed = Promise.withResolvers();
  };
  const run = async () => {
    const stderr = new Response(child.stderr).text();
    let rest = "";
    for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      for (const line of lines) onEvent(JSON.parse(line) as ServerEvent);
    }
    await child.status;
    running = false;
    ready.reject(new Error(`The RTSP server did not start: ${await stderr}`));
    changed.resolve();
    await stdin.close().catch(() => {});
  };
  const ended = run();
  const signal = (name: Deno.Signal) => sendSignal(child, name);
  const told = async (what: "published" | "synced", count: number) => {
    while (counts[what] < count) {
      if (!running) throw new Error(`The RTSP server ended after ${counts[what]} ${what}`);
      await changed.promise;
    }
  };
  await ready.promise;
  return {
    counts,
    signal,
    published: (count) => told("published", count),
    async countConnections() {
      await tell("");
      await told("synced", ++syncs);
      return counts.connected;
    },
    async kill() {
      signal("SIGKILL");
      await ended;
    },
  };
}

function checkRtspServer(): boolean {
  try {
    return new Deno.Command(PYTHON, { args: [SCRIPT, "--check"] }).outputSync().success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
