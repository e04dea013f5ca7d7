/** Frames as the decoder gives them, reduced to what two decodes are compared by. */
import { createHash } from "node:crypto";
import { findFfmpeg, findFfprobe } from "../../src/ffmpeg/binary.ts";
import { type CutTools, findCuts, isCleanCut } from "../../src/ffmpeg/cuts.ts";
import { Decoder } from "../../src/ffmpeg/decoder.ts";
import { conversionFor } from "../../src/ffmpeg/filters.ts";
import { probe } from "../../src/ffmpeg/probe.ts";
import type { TimeRange } from "../../src/ffmpeg/range.ts";
import { i420Layout } from "../../src/frame/geometry.ts";

/** Time and hash of each frame of a part of a video. */
export async function decodedFrames(path: string, range: TimeRange = {}): Promise<string[]> {
  const found = await probe(path);
  const binary = await findFfmpeg();
  const decoder = new Decoder(binary, found, conversionFor(found, binary), undefined, range);
  const pixels = new Uint8Array(i420Layout(found.size).byteLength);
  const frames: string[] = [];
  for (let us; (us = await decoder.readFrame(pixels)) !== undefined;) {
    frames.push(`${us} ${createHash("md5").update(pixels).digest("hex")}`);
  }
  await decoder.kill();
  return frames;
}

/** The cuts about `everyMs` apart, and which of them hold when looked at. */
export async function cutsOf(path: string, everyMs: number) {
  const found = await probe(path);
  const tools: CutTools = { ffmpeg: await findFfmpeg(), ffprobe: await findFfprobe() };
  const cuts = await findCuts(found, everyMs * 1000, tools);
  const clean = await Promise.all(cuts.map((us) => isCleanCut(found, us, tools)));
  return { cuts, clean: cuts.filter((_, index) => clean[index]) };
}
