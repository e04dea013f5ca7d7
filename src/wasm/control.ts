import { unsigned } from "./encoding.ts";
import { codeOf, i32, type MemoryIndex } from "./instructions.ts";
import type { I32, Local, Statement } from "./value.ts";

const BLOCK = 0x02;
const LOOP = 0x03;
const IF = 0x04;
const ELSE = 0x05;
const END = 0x0b;
const BRANCH = 0x0c;
const BRANCH_IF = 0x0d;
/** Blocks here neither take nor leave values. */
const NOTHING = 0x40;

/** Runs `then` where the condition is not 0. */
export function when(
  condition: I32,
  then: readonly Statement[],
  otherwise: readonly Statement[] = [],
): Statement {
  const rest = otherwise.length > 0 ? [ELSE, otherwise] : [];
  return [codeOf("i32", condition), IF, NOTHING, then, rest, END];
}

/**
 * Runs the body as long as the condition is not 0, perhaps never. Of several conditions all must hold,
 * and one is computed only where those before it do.
 */
export function loopWhile(
  condition: I32 | readonly I32[],
  body: readonly Statement[],
): Statement {
  const conditions = Array.isArray(condition) ? condition : [condition];
  const leave = conditions.map((each) => [codeOf("i32", i32.eqz(each)), BRANCH_IF, 1]);
  return [BLOCK, NOTHING, LOOP, NOTHING, leave, body, BRANCH, 0, END, END];
}

/**
 * Runs the body for `index`, `index + step` … below `end`, from what `index` is. They are compared as
 * signed numbers: not for addresses of frames, which may lie beyond 2 GiB.
 */
export function loopTo(
  index: Local<"i32">,
  end: I32,
  step: I32,
  body: readonly Statement[],
): Statement {
  const isLeft = codeOf("i32", i32.lt_s(index, end));
  const next = index.set(i32.add(index, step));
  return when(i32.lt_s(index, end), [
    [LOOP, NOTHING, body, next, isLeft, BRANCH_IF, 0, END],
  ]);
}

/** Fills `length` bytes of a memory with one byte. */
export function fill(memory: MemoryIndex, to: I32, byte: I32, length: I32): Statement {
  return [to, byte, length].map((operand) => codeOf("i32", operand))
    .concat([0xfc, unsigned(11), memory]);
}

/** Copies `length` bytes, which may overlap. */
export function copy(
  [toMemory, to]: readonly [MemoryIndex, I32],
  [fromMemory, from]: readonly [MemoryIndex, I32],
  length: I32,
): Statement {
  return [to, from, length].map((operand) => codeOf("i32", operand))
    .concat([0xfc, unsigned(10), toMemory, fromMemory]);
}
