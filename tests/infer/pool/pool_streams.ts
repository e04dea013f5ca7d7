/** Streams of marked frames for tests of the worker pool; see failing_worker.ts. */
import { HEADER, HEADER_FIELDS } from "../../../src/frame/timing.ts";
import { type PoolOptions, type PoolStream, WorkerPool } from "../../../src/infer/pool/pool.ts";
import { spawnWorkers } from "../../../src/infer/pool/threads.ts";
import type { Network } from "../../../src/model/network.ts";
import { FrameRing } from "../../../src/ring/ring.ts";
import { type Behaviour, COUNT } from "./failing_worker.ts";

const MODULE = new URL("./failing_worker.ts", import.meta.url);
export const SIZE = { width: 2, height: 2 };
export const COLOUR = { matrix: "bt709", range: "limited" } as const;

/** A pool of stand-ins. */
export function startPool(workers: number, options: PoolOptions = {}): WorkerPool {
  return new WorkerPool(spawnWorkers(workers, MODULE), { ...options, module: MODULE });
}

/** A stream whose stand-ins behave so. */
export function makeStream(
  pool: WorkerPool,
  behaviour: Behaviour = {},
  more: Partial<PoolStream> & { readonly slots?: number } = {},
): PoolStream & { readonly counts: Int32Array } {
  const { slots = 4, ...rest } = more;
  const shape = { slots, headerFields: HEADER_FIELDS, sectionBytes: [8] };
  const gauges = new SharedArrayBuffer(Object.keys(COUNT).length * 4);
  const network: Network = {
    name: JSON.stringify(behaviour),
    onnx: new Uint8Array(),
    inputSize: SIZE,
    input: { kind: "i420", luma: "y", chroma: "uv" },
    output: { kind: "logits", name: "logits", grid: SIZE, alignCorners: false },
    classes: [],
  };
  return {
    ring: FrameRing.allocate(shape, pool.bell),
    networks: [network],
    segmenter: { source: SIZE, colour: COLOUR, provider: "cpu", threads: 1 },
    overlay: undefined,
    gauges,
    counts: new Int32Array(gauges),
    ...rest,
  };
}

/** Publishes frames with these numbers as slots become free. */
export async function produce(ring: FrameRing, from: number, to: number): Promise<void> {
  for (let index = from; index < to; index++) {
    const slot = await ring.acquire();
    if (slot === undefined) return;
    ring.header(slot)[HEADER.index] = index;
    ring.section(slot, 0)[0] = 0;
    ring.publish(slot);
  }
}

/** The headers of the frames that come out until the ring ends, or of so many. */
export async function consume(ring: FrameRing, count = Infinity): Promise<Float64Array[]> {
  const headers: Float64Array[] = [];
  while (headers.length < count) {
    const slot = await ring.next();
    if (slot === undefined) break;
    headers.push(ring.header(slot).slice());
    ring.release(slot);
  }
  return headers;
}

/** Sends frames 0 to `count` − 1 through a stream to its end; gives those that came out. */
export async function run(pool: WorkerPool, ring: FrameRing, count: number): Promise<number[]> {
  const producing = produce(ring, 0, count).then(() => ring.end());
  // A pool that gives up must fail the test, not leave it waiting for frames that never come.
  const [, headers] = await Promise.race([
    Promise.all([producing, consume(ring)]),
    pool.failure,
  ]);
  return headers.map((header) => header[HEADER.index]!);
}
