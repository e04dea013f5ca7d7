import { type Bytes, flatten, sized, text, unsigned, vector } from "./encoding.ts";
import { codeOf } from "./instructions.ts";
import type { Local, Operand, Statement, ValueType } from "./value.ts";

/** The memory that holds frames: a ring's, or one that frames are copied to. */
export const FRAMES = 0;
/** The memory of the kernel's own: tables, planes, what lies between two kernels. */
export const SCRATCH = 1;

/** The numbers of the types in the binary format. */
const TYPE_CODES = { i32: 0x7f, f32: 0x7d, v128: 0x7b } as const;
const FUNCTION = 0x60;
const END = 0x0b;

/** The most pages a memory of 32-bit addresses can have. */
const MOST_PAGES = 65_536;

/** The parameters of a kernel by name, in the order in which they are handed over. */
export type Parameters = Readonly<Record<string, "i32" | "f32">>;

/** Declares the variables of a kernel, which begin as 0. */
export interface Locals {
  /** An integer. */
  i32(): Local<"i32">;
  /** A float. */
  f32(): Local<"f32">;
  /** A vector. */
  v128(): Local<"v128">;
}

/** A function of WebAssembly that takes numbers, gives nothing back, and works on two memories. */
export interface Kernel {
  /** Its type in the binary format. */
  readonly parameters: Bytes;
  /** Writes its variables and its code, which takes milliseconds: a kernel of no use costs none. */
  readonly body: () => Bytes;
}

/** The memories that a kernel works on. */
export interface KernelMemories {
  /** Shared between threads, or not. */
  readonly frames: WebAssembly.Memory;
  /** Not shared. */
  readonly scratch: WebAssembly.Memory;
}

/** Kernels that are ready to be called. */
export type Kernels<Name extends string> = Readonly<
  Record<Name, (...operands: readonly number[]) => void>
>;

/** A kernel's parameters, as variables. */
export type Named<P extends Parameters> = { readonly [Name in keyof P]: Local<P[Name]> };

/** A kernel from its parameters and what it does with them. */
export function kernel<P extends Parameters>(
  parameters: P,
  write: (
    parameters: Named<P>,
    locals: Locals,
  ) => readonly Statement[],
): Kernel {
  const taken: readonly ValueType[] = Object.values(parameters);
  const body = () => {
    const types = [...taken];
    const declare = <Type extends ValueType>(type: Type) => local(type, types.push(type) - 1);
    const named = Object.fromEntries(
      Object.entries(parameters).map(([name, type], index) => [name, local(type, index)]),
    );
    const statements = write(named as Named<P>, {
      i32: () => declare("i32"),
      f32: () => declare("f32"),
      v128: () => declare("v128"),
    });
    const declared = types.slice(taken.length).map((type) => [1, TYPE_CODES[type]]);
    return sized([vector(declared), statements, END]);
  };
  return { parameters: [FUNCTION, vector(taken.map((type) => [TYPE_CODES[type]])), 0], body };
}

function local<Type extends ValueType>(type: Type, index: number): Local<Type> {
  const place = unsigned(index);
  return {
    type,
    code: [0x20, place],
    set: (value: Operand<Type>) => [codeOf(type, value), 0x21, place],
    tee: (value: Operand<Type>) => ({ type, code: [codeOf(type, value), 0x22, place] }),
  };
}

/**
 * Kernels that are compiled together, once for each kind of memory that frames may lie in.
 *
 * Thread: any; a module of each thread's own.
 */
export class KernelModule<Name extends string> {
  readonly #kernels: Readonly<Record<Name, Kernel>>;
  readonly #compiled = new Map<boolean, WebAssembly.Module>();

  /** @param kernels By the names that they are called by. */
  constructor(kernels: Readonly<Record<Name, Kernel>>) {
    this.#kernels = kernels;
  }

  /** Binds the kernels to memories. */
  instantiate({ frames, scratch }: KernelMemories): Kernels<Name> {
    const isShared = frames.buffer instanceof SharedArrayBuffer;
    let module = this.#compiled.get(isShared);
    if (module === undefined) {
      module = new WebAssembly.Module(assemble(this.#kernels, isShared));
      this.#compiled.set(isShared, module);
    }
    const { exports } = new WebAssembly.Instance(module, { memory: { frames, scratch } });
    return exports as Kernels<Name>;
  }
}

/** The binary module: one type, one function and one export a kernel. */
function assemble(
  kernels: Readonly<Record<string, Kernel>>,
  isShared: boolean,
): Uint8Array<ArrayBuffer> {
  const entries = Object.entries(kernels);
  // A shared memory has a bound, and the importer's must not be the lower.
  const framesLimits = isShared ? [0x03, 0, unsigned(MOST_PAGES)] : [0x00, 0];
  return flatten([
    [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    section(1, entries.map(([, { parameters }]) => parameters)),
    section(2, [
      [text("memory"), text("frames"), 0x02, framesLimits],
      [text("memory"), text("scratch"), 0x02, 0x00, 0],
    ]),
    section(3, entries.map((_, index) => unsigned(index))),
    section(7, entries.map(([name], index) => [text(name), 0x00, unsigned(index)])),
    section(10, entries.map(([, { body }]) => body())),
  ]);
}

function section(id: number, items: readonly Bytes[]): Bytes {
  return [id, sized(vector(items))];
}
