import assert from "node:assert/strict";
import { findFfmpeg } from "../../src/ffmpeg/binary.ts";
import { decodeImage } from "../../src/ffmpeg/images.ts";
import { InputError, OutputError } from "../../src/errors.ts";
import type { StreamEvent } from "../../src/frame/stream_event.ts";
import type { CameraOptions } from "../../src/watch/camera.ts";
import type { StudioOptions } from "../../src/watch/studio.ts";
import { Watch } from "../../src/watch/watch.ts";
import { WebCamera } from "../source/live_web_camera.ts";
import { temporaryDirectory } from "../testing/temporary.ts";

const SMALL = { resolution: { width: 64, height: 32 } } as const;

/** Opens small cameras, with what happens to them. */
async function openSmall(cameras: readonly Omit<CameraOptions, "resolution">[]) {
  const events: { camera: string; event: StreamEvent }[] = [];
  const options: StudioOptions = {
    ...{ workers: 1, provider: "cpu", precision: "fp32" },
    onEvent: (camera, event) => events.push({ camera, event }),
  };
  const watch = await Watch.open(cameras.map((camera) => ({ ...camera, ...SMALL })), options);
  return { watch, events };
}

Deno.test("Watch.run() gives an error for a camera that was there and is given up", async () => {
  await using camera = await WebCamera.start("64x48");
  const { watch, events } = await openSmall([
    { name: "gate", input: camera.url, maxReconnects: 1 },
  ]);
  await using _ = watch;
  const [gate] = watch.cameras;
  const wasThere = Promise.withResolvers<void>();
  gate!.onFrame(() => wasThere.resolve());
  const run = watch.run(AbortSignal.timeout(120_000));
  await Promise.race([wasThere.promise, run]); // it ends where no frame ever comes
  await camera.stop();
  const [result] = await run;
  assert.ok(result!.error instanceof InputError, String(result!.error));
  assert.match(result!.error.message, /^Cannot go on with "http:\/\/\*\*\*@[^\n]*max-reconnects/);
  assert.ok(result!.status.framesOut > 0);
  assert.equal(result!.status.state, "ended");
  assert.deepEqual(
    events.map(({ event }) => event.kind).filter((kind) => /gave|failed/.test(kind)),
    [
      "gave up",
    ],
  );
});

Deno.test("Watch.run() tells at once of a camera that fails, and goes on with the others", async () => {
  await using camera = await WebCamera.start("64x48");
  const { watch, events } = await openSmall([
    { name: "missing", input: "no such file.mp4" },
    { name: "gate", input: camera.url },
  ]);
  await using _ = watch;
  const stop = new AbortController();
  const frames: string[] = [];
  watch.cameras[1]!.onFrame(() => {
    const isTold = events.some(({ event }) => event.kind === "failed");
    frames.push(isTold ? "told" : "untold");
    if (frames.at(-1) === "told") stop.abort();
  });
  const [missing, gate] = await watch.run(
    AbortSignal.any([stop.signal, AbortSignal.timeout(120_000)]),
  );
  assert.ok(stop.signal.aborted, "a frame came after the failure was told");
  assert.ok(missing!.error instanceof InputError);
  assert.equal(missing!.status.state, "ended");
  assert.match(missing!.status.reason!, /there is no such file/);
  assert.equal(gate!.error, undefined);
});

Deno.test("Watch.open() refuses two cameras that write to one place", async () => {
  await using directory = await temporaryDirectory();
  const target = { kind: "hls", directory: directory.join("hls") } as const;
  await assert.rejects(
    openSmall([
      { name: "a", input: "lavfi:testsrc", targets: [target] },
      { name: "b", input: "lavfi:testsrc", targets: [target] },
    ]),
    (error) => error instanceof OutputError && /twice/.test(error.message),
  );
});

Deno.test("Feed.setView() holds from the first frame, when it comes before the camera", async () => {
  await using directory = await temporaryDirectory();
  const { watch } = await openSmall([{ name: "gate", input: "lavfi:color=white:s=64x48:r=10" }]);
  await using _ = watch;
  const gate = watch.cameras[0]!;
  gate.setView({ visible: [] });
  const stop = new AbortController();
  const picture = Promise.withResolvers<Uint8Array | undefined>();
  gate.onFrame(({ index }) => {
    if (index > 0) {
      gate.snapshot().then(picture.resolve, picture.reject).finally(() => stop.abort());
    }
  });
  await watch.run(AbortSignal.any([stop.signal, AbortSignal.timeout(120_000)]));
  const path = directory.join("snapshot.png");
  picture.reject(new Error("no frame came")); // which changes nothing where one did
  await Deno.writeFile(path, (await picture.promise)!);
  const { rgb, size } = await decodeImage(await findFfmpeg(), path);
  assert.deepEqual(size, { width: 64, height: 48 });
  assert.ok(rgb.every((sample) => sample > 250), "white, and not tinted");
});
