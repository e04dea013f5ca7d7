/**
 * Python's pickle format, as far as PyTorch writes it: a program for a machine with a stack and a
 * memo. Nothing of Python's is ever called; what a program may name is decided by a
 * {@link PickleWorld}.
 *
 * Opcodes: Python's Lib/pickletools.py.
 */

import type { ByteCursor } from "../byte_cursor.ts";
import { broken } from "../byte_source.ts";

/** Something a world makes: a tensor, a storage, the name of a class. */
export interface PickleObject {
  /** What it is. */
  readonly kind: string;
}

/** What a pickle builds. Tuples are lists too; whole numbers beyond 2⁵³ are bigint. */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PickleValue[]
  | Map<PickleValue, PickleValue>
  | PickleObject;

/** What a pickle may name. Each method throws a ModelError for what it does not know. */
export interface PickleWorld {
  /** The object behind a global, such as "collections.OrderedDict". */
  global(name: string): PickleObject;
  /** What calling a global gives. */
  call(global: PickleValue, args: readonly PickleValue[]): PickleValue;
  /** What a persistent id, which a pickle gives to what lies outside of it, stands for. */
  persistent(id: PickleValue): PickleValue;
}

/** Longest text or byte string within a pickle; tensors are not in it. */
const MAX_STRING_BYTES = 1 << 26;

/** Longest whole number; the checkpoints' magic number has 10 bytes. */
const MAX_INTEGER_BYTES = 16;

const MAX_NAME_BYTES = 1000;

const utf8 = new TextDecoder();

/** Runs one pickle and leaves the cursor behind it. */
export function readPickle(cursor: ByteCursor, world: PickleWorld): PickleValue {
  return new PickleMachine(cursor, world).run();
}

class PickleMachine {
  readonly #cursor: ByteCursor;
  readonly #world: PickleWorld;
  readonly #stack: PickleValue[] = [];
  /** Heights of the stack where marks lie. */
  readonly #marks: number[] = [];
  readonly #memo = new Map<number, PickleValue>();

  constructor(cursor: ByteCursor, world: PickleWorld) {
    this.#cursor = cursor;
    this.#world = world;
  }

  run(): PickleValue {
    for (;;) {
      const code = this.#cursor.readByte();
      if (code === 0x2e) return this.#pop();
      const isKnown = this.#runScalar(code) || this.#runContainer(code) || this.#runObject(code);
      if (!isKnown) {
        const name = `0x${code.toString(16).padStart(2, "0")}`;
        throw this.#broken(`has the opcode ${name}, which PyTorch does not write`);
      }
    }
  }

  /** Opcodes that push a number, a text or nothing. */
  #runScalar(code: number): boolean {
    const cursor = this.#cursor;
    switch (code) {
      case 0x80: // PROTO
        cursor.skip(1);
        return true;
      case 0x95: // FRAME
        cursor.skip(8);
        return true;
      case 0x4e: // NONE
        return this.#push(null);
      case 0x88: // NEWTRUE
        return this.#push(true);
      case 0x89: // NEWFALSE
        return this.#push(false);
      case 0x4a: // BININT
        return this.#push(cursor.readView(4).getInt32(0, true));
      case 0x4b: // BININT1
        return this.#push(cursor.readByte());
      case 0x4d: // BININT2
        return this.#push(cursor.readView(2).getUint16(0, true));
      case 0x8a: // LONG1
        return this.#push(this.#readInteger(cursor.readByte()));
      case 0x8b: // LONG4
        return this.#push(this.#readInteger(this.#readLength(4)));
      case 0x47: // BINFLOAT
        return this.#push(cursor.readView(8).getFloat64(0));
      case 0x8c: // SHORT_BINUNICODE
      case 0x55: // SHORT_BINSTRING
        return this.#push(this.#readText(1));
      case 0x58: // BINUNICODE
      case 0x54: // BINSTRING
        return this.#push(this.#readText(4));
      case 0x8d: // BINUNICODE8
        return this.#push(this.#readText(8));
      case 0x43: // SHORT_BINBYTES
        return this.#push(this.#readString(1));
      case 0x42: // BINBYTES
        return this.#push(this.#readString(4));
      case 0x8e: // BINBYTES8
        return this.#push(this.#readString(8));
      default:
        return false;
    }
  }

  /** Opcodes of the stack, the memo, lists, tuples and dicts. */
  #runContainer(code: number): boolean {
    switch (code) {
      case 0x28: // MARK
        this.#marks.push(this.#stack.length);
        return true;
      case 0x30: // POP
        this.#pop();
        return true;
      case 0x31: // POP_MARK
        this.#popMarked();
        return true;
      case 0x29: // EMPTY_TUPLE
      case 0x5d: // EMPTY_LIST
        return this.#push([]);
      case 0x74: // TUPLE
      case 0x6c: // LIST
        return this.#push(this.#popMarked());
      case 0x85: // TUPLE1
      case 0x86: // TUPLE2
      case 0x87: // TUPLE3
        return this.#push(this.#popSeveral(code - 0x84));
      case 0x61: // APPEND
        return this.#append([this.#pop()]);
      case 0x65: // APPENDS
        return this.#append(this.#popMarked());
      case 0x7d: // EMPTY_DICT
        return this.#push(new Map());
      case 0x73: // SETITEM
        return this.#setItems(this.#popSeveral(2));
      case 0x75: // SETITEMS
        return this.#setItems(this.#popMarked());
      case 0x64: { // DICT
        const items = this.#popMarked();
        this.#push(new Map());
        return this.#setItems(items);
      }
      case 0x71: // BINPUT
        return this.#memoise(this.#cursor.readByte());
      case 0x72: // LONG_BINPUT
        return this.#memoise(this.#readLength(4));
      case 0x94: // MEMOIZE
        return this.#memoise(this.#memo.size);
      case 0x68: // BINGET
        return this.#recall(this.#cursor.readByte());
      case 0x6a: // LONG_BINGET
        return this.#recall(this.#readLength(4));
      default:
        return false;
    }
  }

  /** Opcodes that name something outside of the pickle: each goes through the world. */
  #runObject(code: number): boolean {
    const world = this.#world;
    switch (code) {
      case 0x63: // GLOBAL
        return this.#push(world.global(`${this.#readName()}.${this.#readName()}`));
      case 0x93: { // STACK_GLOBAL
        const [module, name] = this.#popSeveral(2);
        return this.#push(world.global(`${String(module)}.${String(name)}`));
      }
      case 0x69: { // INST
        const global = world.global(`${this.#readName()}.${this.#readName()}`);
        return this.#push(world.call(global, this.#popMarked()));
      }
      case 0x6f: { // OBJ
        const [global = null, ...args] = this.#popMarked();
        return this.#push(world.call(global, args));
      }
      case 0x52: // REDUCE
      case 0x81: { // NEWOBJ
        const [callee, args] = this.#popSeveral(2);
        if (!Array.isArray(args)) throw this.#broken("calls something without arguments");
        return this.#push(world.call(callee!, args));
      }
      case 0x62: // BUILD: attributes, such as a state dict's versions. Nothing here has any.
        this.#pop();
        return true;
      case 0x51: // BINPERSID
        return this.#push(world.persistent(this.#pop()));
      default:
        return false;
    }
  }

  #push(value: PickleValue): true {
    this.#stack.push(value);
    return true;
  }

  #pop(): PickleValue {
    return this.#popSeveral(1)[0]!;
  }

  #popSeveral(count: number): PickleValue[] {
    const floor = this.#marks.at(-1) ?? 0;
    if (this.#stack.length - count < floor) throw this.#broken("takes from an empty stack");
    return this.#stack.splice(this.#stack.length - count);
  }

  #popMarked(): PickleValue[] {
    const mark = this.#marks.pop();
    if (mark === undefined) throw this.#broken("takes up to a mark that it never set");
    return this.#stack.splice(mark);
  }

  #append(items: readonly PickleValue[]): true {
    const list = this.#stack.at(-1);
    if (!Array.isArray(list)) throw this.#broken("appends to what is no list");
    for (const item of items) list.push(item);
    return true;
  }

  #setItems(items: readonly PickleValue[]): true {
    const dict = this.#stack.at(-1);
    if (!(dict instanceof Map)) throw this.#broken("sets items of what is no dict");
    if (items.length % 2 !== 0) throw this.#broken("sets a key without a value");
    for (let i = 0; i < items.length; i += 2) dict.set(items[i]!, items[i + 1]!);
    return true;
  }

  #memoise(key: number): true {
    const value = this.#stack.at(-1);
    if (value === undefined) throw this.#broken("remembers the top of an empty stack");
    this.#memo.set(key, value);
    return true;
  }

  #recall(key: number): true {
    const value = this.#memo.get(key);
    if (value === undefined) throw this.#broken("recalls what it never remembered");
    return this.#push(value);
  }

  /** Little-endian two's complement. */
  #readInteger(length: number): number | bigint {
    if (length > MAX_INTEGER_BYTES) throw this.#broken(`has a number of ${length} bytes`);
    const bytes = this.#cursor.readBytes(length);
    let value = 0n;
    for (const byte of bytes.toReversed()) value = value << 8n | BigInt(byte);
    value = BigInt.asIntN(8 * length, value);
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }

  #readLength(bytes: 1 | 4 | 8): number {
    if (bytes === 1) return this.#cursor.readByte();
    const view = this.#cursor.readView(bytes);
    return bytes === 4 ? view.getUint32(0, true) : Number(view.getBigUint64(0, true));
  }

  #readString(lengthBytes: 1 | 4 | 8): Uint8Array {
    const length = this.#readLength(lengthBytes);
    if (length > MAX_STRING_BYTES) throw this.#broken(`has a text of ${length} bytes`);
    return this.#cursor.readBytes(length);
  }

  #readText(lengthBytes: 1 | 4 | 8): string {
    return utf8.decode(this.#readString(lengthBytes));
  }

  #readName(): string {
    return utf8.decode(this.#cursor.readLine(MAX_NAME_BYTES));
  }

  #broken(state: string) {
    return broken(this.#cursor.source.name, `it is damaged or no checkpoint: its pickle ${state}`);
  }
}
