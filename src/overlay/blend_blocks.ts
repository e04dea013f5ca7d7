/**
 * The blend by blocks of 8×2 pixels, four samples to a 32-bit word. Nine blocks in ten have one
 * label; those take one comparison a word and two multiplications for every four samples. The others
 * go to the cells of blend_cells.ts. Both give the same bytes.
 */
import { blendCells, type Canvas, fadeUniformCells } from "./blend_cells.ts";
import type { TintTable } from "./tint_table.ts";

/** A frame's bytes, and the same memory as words. */
export interface Words {
  /** As handed in. */
  readonly bytes: Uint8Array;
  /** In the machine's byte order, which the arithmetic does not depend on. */
  readonly words: Int32Array;
}

const EACH_BYTE = 0x01010101;
const EVEN_BYTES = 0x00ff00ff;
const ODD_BYTES = 0xff00ff00;

/** Whether rows of the canvas are whole blocks, and rows of every plane begin at a word. */
export function fitsBlocks(canvas: Canvas): boolean {
  return canvas.width % 8 === 0 && canvas.lumaStride % 8 === 0;
}

/** The buffer as words, or undefined where it does not begin at one. */
export function wordsOf(bytes: Uint8Array): Words | undefined {
  if (bytes.byteOffset % 4 !== 0) return undefined;
  return { bytes, words: new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2) };
}

/** Blends a whole class map into the frame; a confidence, where there is one, scales the weights. */
export function blendBlocks(
  frame: Words,
  labels: Words,
  confidence: Uint8Array | undefined,
  canvas: Canvas,
  tints: TintTable,
): void {
  const stride = canvas.width >> 2;
  const blocks = canvas.width >> 3;
  for (let row = 0; row < canvas.height >> 1; row++) {
    const first = 2 * row * stride;
    for (let block = 0; block < blocks;) {
      const from = block;
      const four = labels.words[first + 2 * block]!;
      const id = four & 255;
      if (four === Math.imul(id, EACH_BYTE)) {
        while (block < blocks && isUniform(labels.words, first + 2 * block, stride, four)) block++;
      }
      if (block === from) {
        block++;
        blendCells(
          frame.bytes,
          labels.bytes,
          confidence,
          canvas,
          tints,
          row,
          4 * from,
          4 * block,
        );
      } else if (tints.shown[id] === 0) {
        continue;
      } else if (confidence) {
        fadeUniformCells(frame.bytes, id, confidence, canvas, tints, row, 4 * from, 4 * block);
      } else {
        blendUniformBlocks(frame.words, id, canvas, tints, row, from, block);
      }
    }
  }
}

/** Whether a block is of the four labels `four` in each of its words. */
function isUniform(labels: Int32Array, at: number, stride: number, four: number): boolean {
  return labels[at] === four && labels[at + 1] === four &&
    labels[at + stride] === four && labels[at + stride + 1] === four;
}

/** Blends the blocks `from` to `to` (exclusive) of a row of blocks, all of one label. */
function blendUniformBlocks(
  words: Int32Array,
  id: number,
  canvas: Canvas,
  tints: TintTable,
  row: number,
  from: number,
  to: number,
): void {
  const weight = tints.weight[id]!;
  const keep = 256 - weight;
  const y = tintTerm(tints.y[id]!, weight);
  const u = tintTerm(tints.u[id]!, weight);
  const v = tintTerm(tints.v[id]!, weight);
  const stride = canvas.lumaStride >> 2;
  let upper = (canvas.yAt >> 2) + 2 * (row * stride + from);
  let lower = upper + stride;
  let cb = (canvas.uAt >> 2) + row * (stride >> 1) + from;
  let cr = (canvas.vAt >> 2) + row * (stride >> 1) + from;
  for (let block = from; block < to; block++, upper += 2, lower += 2, cb++, cr++) {
    words[upper] = mixFour(words[upper]!, keep, y);
    words[upper + 1] = mixFour(words[upper + 1]!, keep, y);
    words[lower] = mixFour(words[lower]!, keep, y);
    words[lower + 1] = mixFour(words[lower + 1]!, keep, y);
    words[cb] = mixFour(words[cb]!, keep, u);
    words[cr] = mixFour(words[cr]!, keep, v);
  }
}

/** The constant of {@link mixFour}, once in each half of a word. */
function tintTerm(tint: number, weight: number): number {
  return Math.imul(tint * weight + 128, 0x00010001);
}

/**
 * `s · keep + term >> 8` for each of a word's four samples. Two samples with a gap of eight bits
 * between them share a multiplication: no sum exceeds 16 bits, so none runs into its neighbour.
 */
function mixFour(samples: number, keep: number, term: number): number {
  const even = Math.imul(samples & EVEN_BYTES, keep) + term;
  const odd = Math.imul(samples >>> 8 & EVEN_BYTES, keep) + term;
  return even >>> 8 & EVEN_BYTES | odd & ODD_BYTES;
}
