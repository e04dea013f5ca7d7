/**
 * Labels the pixels of a cell, each with the class of largest bilinear logit among the contenders.
 *
 * Pixels are taken in chunks of up to 16 beside each other, and a chunk line by line downwards. Along
 * the edges of the cell a chunk's logits are the same for every line, so they are computed once; a
 * line is then one multiplication and one addition a class:
 *
 * ```
 * topLeft ───── top ──── topRight      top  = topLeft + (topRight − topLeft) · weight of the column
 *    │           │          │          gain = the same along the bottom − top
 *    │         logit        │          logit = top + gain · weight of the line
 * bottomLeft ────┴─── bottomRight
 * ```
 *
 * Where two classes contend, the difference of their logits is bilinear too, and its sign decides.
 */
import { loopTo, loopWhile, when } from "../../wasm/control.ts";
import { f32x4, i32, i8x16, v128 } from "../../wasm/instructions.ts";
import { FRAMES, type Locals, SCRATCH } from "../../wasm/kernel.ts";
import type { I32, Local, Statement, V128 } from "../../wasm/value.ts";
import { CONTENDER, CONTENDER_BYTES } from "./label_contenders.ts";
import { declareEdges, type Edges, LANES, narrow } from "./label_edges.ts";

/** The lengths of chunks, and what stores so many labels: the first bytes of a vector. */
const STORE = {
  16: (address: I32, labels: V128) => v128.store(FRAMES, address, labels),
  8: (address: I32, labels: V128) => v128.store64_lane(FRAMES, address, labels, 0),
  4: (address: I32, labels: V128) => v128.store32_lane(FRAMES, address, labels, 0),
  1: (address: I32, labels: V128) => v128.store8_lane(FRAMES, address, labels, 0),
} as const;

type ChunkLength = keyof typeof STORE;

/** The pixels of a cell, with everything's address. */
export interface CellPixels {
  /** First column, and the one after the last. `x` is moved there. */
  readonly x: Local<"i32">;
  readonly endX: I32;
  /** Column 0 of the first line of labels, and the bytes from line to line. */
  readonly labels: I32;
  readonly width: I32;
  /** The weight of column 0, of the first line, and of the line after the last. */
  readonly columnWeights: I32;
  readonly firstWeight: I32;
  readonly endWeight: I32;
  /** The first contender, and after the last: two or more. */
  readonly contenders: I32;
  readonly endContenders: I32;
}

/** What both ways to compare have in common. */
interface Chunk extends CellPixels {
  /** The chunk's first column. */
  readonly column: Local<"i32">;
  readonly edges: Edges;
  /** Of the line in work: the address of the chunk's first label, and the weight. */
  readonly line: Local<"i32">;
  readonly weight: Local<"v128">;
  readonly weightAddress: Local<"i32">;
}

/** Labels the pixels of a cell. */
export function labelPixels(cell: CellPixels, locals: Locals): Statement {
  const { contenders, endContenders } = cell;
  const chunk = {
    ...cell,
    column: locals.i32(),
    edges: declareEdges(locals),
    line: locals.i32(),
    weight: locals.v128(),
    weightAddress: locals.i32(),
  };
  const cellWidth = locals.i32();
  const two = compareTwo(chunk, locals);
  const many = compareMany(chunk, locals);
  return [
    cellWidth.set(i32.sub(cell.endX, cell.x)),
    when(i32.eq(i32.sub(endContenders, contenders), 2 * CONTENDER_BYTES), [
      two.begin,
      inChunks(chunk, cellWidth, two.label),
    ], [
      inChunks(chunk, cellWidth, many.label),
    ]),
  ];
}

/** Goes through the cell in the longest chunks that fit and are more than half in use. */
function inChunks(
  { x, endX, column }: Chunk,
  cellWidth: I32,
  label: (length: ChunkLength) => Statement,
): Statement {
  const left = i32.sub(endX, x);
  const isFit = (length: ChunkLength) =>
    i32.and(i32.ge_s(cellWidth, length), i32.gt_s(left, length >> 1));
  // The last chunk ends with the cell. Where the one before was there, it writes the same again.
  const labelChunk = (length: ChunkLength) => [
    column.set(i32.select(x, i32.sub(endX, length), i32.ge_s(left, length))),
    label(length),
    x.set(i32.add(column, length)),
  ];
  return loopWhile(i32.lt_s(x, endX), [
    when(isFit(16), labelChunk(16), [
      when(isFit(8), labelChunk(8), [
        when(i32.ge_s(cellWidth, 4), labelChunk(4), labelChunk(1)),
      ]),
    ]),
  ]);
}

/** Two contenders: `begin` for the cell, then `label` for each chunk. */
function compareTwo(chunk: Chunk, locals: Locals) {
  const { contenders, edges, line, weight } = chunk;
  const lead = locals.v128();
  const first = locals.v128();
  const second = locals.v128();
  const zero = locals.v128();
  const [firstCorners, secondCorners] = [0, CONTENDER_BYTES].map((contender) =>
    v128.load(SCRATCH, contenders, contender + CONTENDER.corners)
  );
  return {
    begin: [
      lead.set(f32x4.sub(secondCorners!, firstCorners!)),
      edges.setCorners(lead),
      first.set(v128.load8_splat(SCRATCH, contenders, CONTENDER.id)),
      second.set(v128.load8_splat(SCRATCH, contenders, CONTENDER_BYTES + CONTENDER.id)),
    ],
    label(length: ChunkLength): Statement {
      const parts = edges.parts.slice(0, Math.ceil(length / LANES));
      // As an integer a float has the same sign, and narrowing keeps it.
      const leads = parts.map(({ top, gain }) => f32x4.add(top, f32x4.mul(gain, weight)));
      const isSecond = i8x16.gt_s(narrow(leads, i8x16.narrow_i16x8_s), zero);
      return [
        parts.map((part) => edges.compute(part, chunk)),
        downLines(chunk, [STORE[length](line, v128.bitselect(second, first, isSecond))]),
      ];
    },
  };
}

/** Any number of contenders. */
function compareMany(chunk: Chunk, locals: Locals) {
  const { contenders, endContenders, edges, line, weight } = chunk;
  const contender = locals.i32();
  const id = locals.v128();
  const logit = locals.v128();
  const isMore = locals.v128();
  const corners = locals.v128();
  const allParts = edges.parts.map((part) => ({
    ...part,
    best: locals.v128(),
    winner: locals.v128(),
  }));
  const load = (offset: number) => v128.load(SCRATCH, contender, offset);
  const logitAt = (offset: number) =>
    f32x4.add(load(CONTENDER.top + offset), f32x4.mul(load(CONTENDER.gain + offset), weight));
  const loadId = id.set(v128.load32_splat(SCRATCH, contender, CONTENDER.id));
  return {
    label(length: ChunkLength): Statement {
      const parts = allParts.slice(0, Math.ceil(length / LANES));
      const winners = parts.map(({ winner }) => winner);
      return [
        contender.set(contenders),
        loopTo(contender, endContenders, CONTENDER_BYTES, [
          corners.set(load(CONTENDER.corners)),
          edges.setCorners(corners),
          parts.map((part) => [
            edges.compute(part, chunk),
            v128.store(SCRATCH, contender, part.top, CONTENDER.top + part.offset),
            v128.store(SCRATCH, contender, part.gain, CONTENDER.gain + part.offset),
          ]),
        ]),
        downLines(chunk, [
          contender.set(contenders),
          loadId,
          parts.map(({ offset, best, winner }) => [best.set(logitAt(offset)), winner.set(id)]),
          contender.set(i32.add(contender, CONTENDER_BYTES)),
          loopTo(contender, endContenders, CONTENDER_BYTES, [
            loadId,
            parts.map(({ offset, best, winner }) => [
              logit.set(logitAt(offset)),
              isMore.set(f32x4.gt(logit, best)),
              best.set(f32x4.pmax(best, logit)),
              winner.set(v128.bitselect(id, winner, isMore)),
            ]),
          ]),
          STORE[length](line, narrow(winners, i8x16.narrow_i16x8_u)),
        ]),
      ];
    },
  };
}

/** Goes down the lines of a chunk. */
function downLines(
  { labels, width, column, firstWeight, endWeight, line, weight, weightAddress }: Chunk,
  body: readonly Statement[],
): Statement {
  return [
    line.set(i32.add(labels, column)),
    weightAddress.set(firstWeight),
    loopTo(weightAddress, endWeight, 4, [
      weight.set(v128.load32_splat(SCRATCH, weightAddress)),
      body,
      line.set(i32.add(line, width)),
    ]),
  ];
}
