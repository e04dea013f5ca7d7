import assert from "node:assert/strict";
import { retireWorkers, spawnWorkers } from "../src/infer/pool/threads.ts";
import type { Network } from "../src/model/network.ts";
import { Pipeline } from "../src/pipeline.ts";
import type { FrameSource } from "../src/source/source.ts";
import { streamInfo } from "./sink/synthetic.ts";

/** A source without frames, which runs until it is told to end. */
class EndlessSource implements FrameSource {
  readonly info = streamInfo();
  readonly cpuMs = undefined;
  readonly #ended = Promise.withResolvers<void>();
  /** Resolves when it has ended. */
  readonly ended = this.#ended.promise;

  async run(_ring: unknown, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    signal.addEventListener("abort", () => resolve());
    await promise;
    this.#ended.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

Deno.test("Pipeline.start() leaves threads that can be retired, when the drawing is refused", async () => {
  const [thread] = spawnWorkers(1) as [Worker];
  const said: string[] = [];
  thread.addEventListener("message", ({ data }: MessageEvent) => said.push(data.kind));
  const source = new EndlessSource();
  const starting = Pipeline.start({
    source,
    network: {} as Network, // never looked at
    threads: [thread],
    overlay() {
      throw new RangeError("there is no such class");
    },
  }, { provider: "cpu" });
  await assert.rejects(starting, /no such class/);
  await retireWorkers([thread]);
  assert.deepEqual(said, ["stopped"], "it went by itself, and was not cut off");
  await source.ended;
});
