import assert from "node:assert/strict";
import { OutputError } from "../../src/errors.ts";
import { findFfmpeg } from "../../src/ffmpeg/binary.ts";
import { NutWriter } from "../../src/ffmpeg/nut_writer.ts";
import { EncodedFile } from "../../src/sink/encoded_file.ts";
import { FrameEncoder } from "../../src/sink/frame_encoder.ts";
import { PartialFile } from "../../src/sink/partial_file.ts";
import { temporaryDirectory } from "../testing/temporary.ts";
import { namesIn, streamInfo, syntheticFrame } from "./synthetic.ts";

/** An encoder that says when it has ended, before whoever waits for that goes on. */
class ToldEncoder extends FrameEncoder {
  onFinished = () => {};

  override async finish(): ReturnType<FrameEncoder["finish"]> {
    const exit = await super.finish();
    this.onFinished();
    return exit;
  }
}

async function openEncoded(target: string) {
  const partial = await PartialFile.create(target);
  const encoder = new ToldEncoder(await findFfmpeg(), {
    name: target,
    nut: new NutWriter(streamInfo()),
    output: ["-c:v", "ffv1", "-f", "matroska", "-y", `file:${partial.path}`],
  });
  const file = new EncodedFile(encoder, partial);
  await file.write(0, syntheticFrame(0, 0).pixels);
  return { encoder, file };
}

for (const outcome of ["complete", "interrupted"] as const) {
  Deno.test(`EncodedFile.close() rejects (${outcome}) and leaves nothing, when abort() comes after the encoder's end`, async () => {
    await using folder = await temporaryDirectory();
    const { encoder, file } = await openEncoded(folder.join("out.mkv"));
    let aborting: Promise<void> | undefined;
    encoder.onFinished = () => {
      // Later than what waits for the encoder, and sooner than what that asks of the disk.
      queueMicrotask(() => queueMicrotask(() => queueMicrotask(() => aborting = file.abort())));
    };
    await assert.rejects(file.close(outcome), OutputError);
    assert.ok(aborting);
    await aborting;
    assert.deepEqual(await namesIn(folder.path), []);
  });
}

Deno.test("EncodedFile.abort() leaves what close() has finished", async () => {
  await using folder = await temporaryDirectory();
  const { file } = await openEncoded(folder.join("out.mkv"));
  await file.close("complete");
  await file.abort();
  assert.deepEqual(await namesIn(folder.path), ["out.mkv"]);
});
