/**
 * Rates a block of four pixels beside each other, all lines of a cell.
 *
 * Up to eight lines are taken at once. Their sums stay in registers while the terms pass by:
 *
 * ```
 *             term 0        term 1       …
 * line 0      share       + share       + …  = sum       confidence = largest share / sum
 *               · growth      · growth
 * line 1      share       + share       + …  = sum
 *   ⋮           ⋮             ⋮
 * ```
 */
import { loopTo, loopWhile, when } from "../../wasm/control.ts";
import { f32x4, i32, i32x4, i8x16, v128 } from "../../wasm/instructions.ts";
import { FRAMES, type Locals, SCRATCH } from "../../wasm/kernel.ts";
import type { I32, Local, Statement, V128 } from "../../wasm/value.ts";
import { TERM, TERM_BYTES } from "./confidence_terms.ts";
import { type Exponential, LEAST_POWER } from "./exponential.ts";
import { LANES, narrow } from "./label_edges.ts";

/** How many lines are taken at once: so many that the sums fit into registers, and fewer. */
const HEIGHTS = [8, 4, 2, 1] as const;
/** The same, with a largest share beside each sum. */
const CONTESTED_HEIGHTS = [4, 2, 1] as const;

/** A float of this size has no bits below 1: its low bits are the integer. */
const ROUNDER = 2 ** 23;
/** The highest confidence. */
const FULL = 255;

/** A block, with everything's address. */
export interface Block {
  /** The first pixel of the first line, and the bytes from line to line. It is moved down. */
  readonly line: Local<"i32">;
  readonly width: I32;
  /** How many lines are left, and how many of the four pixels are in the cell. */
  readonly lines: Local<"i32">;
  readonly pixels: I32;
  /** The first term, and after the last. */
  readonly terms: I32;
  readonly endTerms: I32;
  /** Whether several classes may win; one that wins for sure is not among the terms. */
  readonly isContested: I32;
  readonly exponential: Exponential;
}

/** Declares what blocks are rated with. */
export function declareBlock(block: Block, locals: Locals) {
  const { lines, terms, endTerms, exponential } = block;
  const term = locals.i32();
  const share = locals.v128();
  const growth = locals.v128();
  const one = locals.v128();
  const zero = locals.v128();
  const least = locals.v128();
  const below = locals.v128();
  const tile = Array.from({ length: HEIGHTS[0] }, () => locals.v128())
    .map((sum) => ({ sum, best: locals.v128() }));
  const store = declareStore(block, locals);
  const load = (offset: number) => v128.load(SCRATCH, term, offset);
  const eachTerm = (body: readonly Statement[]) => [
    term.set(terms),
    loopTo(term, endTerms, TERM_BYTES, body),
  ];

  const rateTile = (height: number, isContested: boolean) => {
    const inWork = tile.slice(0, height);
    return [
      inWork.map(({ sum, best }) => isContested ? [sum.set(zero), best.set(zero)] : sum.set(one)),
      eachTerm([
        share.set(load(TERM.share)),
        growth.set(load(TERM.growth)),
        inWork.map(({ sum, best }) => [
          sum.set(f32x4.add(sum, share)),
          isContested ? best.set(f32x4.pmax(best, share)) : [],
          share.set(f32x4.mul(share, growth)),
        ]),
        v128.store(SCRATCH, term, share, TERM.share),
      ]),
      store.lines(inWork.map(({ sum, best }) => f32x4.div(isContested ? best : one, sum))),
    ];
  };
  // The last lines are taken together with some below the cell, where that is less work.
  const rateTiles = (heights: readonly number[], isContested: boolean) =>
    heights.map((height) => loopWhile(i32.gt_s(lines, height >> 1), rateTile(height, isContested)));

  /** The same line by line, from powers: the largest is found first, so nothing overflows. */
  const rateSteeply = () => {
    const { sum, best } = tile[0]!;
    const power = f32x4.relaxed_madd(load(TERM.growth), below, load(TERM.share));
    const exponent = exponential.of(f32x4.pmax(least, f32x4.sub(power, best)));
    return [
      below.set(zero),
      least.set(f32x4.splat(LEAST_POWER)),
      loopWhile(i32.gt_s(lines, 0), [
        when(block.isContested, [
          best.set(f32x4.splat(-Infinity)),
          sum.set(zero),
          eachTerm([best.set(f32x4.pmax(best, power))]),
        ], [best.set(zero), sum.set(one)]),
        eachTerm([exponent.prepare, sum.set(f32x4.add(sum, exponent.value))]),
        store.lines([f32x4.div(one, sum)]),
        below.set(f32x4.add(below, one)),
      ]),
    ];
  };

  return {
    /** Sets the constants: once, before the loops. */
    begin: [
      store.begin,
      one.set(f32x4.splat(1)),
      zero.set(f32x4.splat(0)),
    ],
    /** The term in work, and what goes through all of them. */
    term,
    eachTerm,
    /** Rates the block, from the terms' shares and growths. */
    rate: when(block.isContested, [rateTiles(CONTESTED_HEIGHTS, true)], [
      rateTiles(HEIGHTS, false),
    ]),
    /** Rates it where these are powers, and what those gain from line to line. */
    rateSteeply: rateSteeply(),
  };
}

/** Declares what confidences are stored with. */
function declareStore({ line, width, lines, pixels }: Block, locals: Locals) {
  const full = locals.v128();
  const rounder = locals.v128();
  const bytes = locals.v128();
  /** A line's pixels, from one of the four lanes. */
  const storeLine = (lane: number) =>
    when(i32.ge_s(pixels, 4), [v128.store32_lane(FRAMES, line, bytes, lane)], [
      when(i32.ge_s(pixels, 2), [
        v128.store16_lane(FRAMES, line, bytes, 2 * lane),
        when(i32.eq(pixels, 3), [v128.store8_lane(FRAMES, line, bytes, 4 * lane + 2, 2)]),
      ], [v128.store8_lane(FRAMES, line, bytes, 4 * lane)]),
    ]);
  return {
    begin: [full.set(f32x4.splat(FULL)), rounder.set(f32x4.splat(ROUNDER))],
    /** Stores as many lines as there are shares, or as are left. */
    lines(shares: readonly V128[]): Statement {
      const codes = shares.map((share) =>
        i32x4.sub(f32x4.relaxed_madd(share, full, rounder), rounder)
      );
      const groups = codes.flatMap((_, i) => i % LANES === 0 ? [codes.slice(i, i + LANES)] : []);
      return groups.map((group) => [
        bytes.set(narrow(group, i8x16.narrow_i16x8_u)),
        group.map((_, lane) =>
          when(i32.gt_s(lines, 0), [
            storeLine(lane),
            line.set(i32.add(line, width)),
            lines.set(i32.sub(lines, 1)),
          ])
        ),
      ]);
    },
  };
}
