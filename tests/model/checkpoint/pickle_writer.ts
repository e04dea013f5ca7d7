/** Writes pickles and checkpoints as PyTorch does, for tests: what it writes is chosen freely. */

/** A tensor to write: elements of a storage, seen through a shape and strides. */
export class WrittenTensor {
  readonly elements: Uint8Array;
  readonly type: string;
  readonly count: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly offset: number;
  /** Key of another storage whose view this is, in the legacy format. */
  readonly viewStart: number | undefined;

  constructor(
    type: string,
    values: { readonly buffer: ArrayBufferLike; readonly length: number },
    shape: readonly number[],
    options: { strides?: readonly number[]; offset?: number; viewStart?: number } = {},
  ) {
    this.type = type;
    this.elements = new Uint8Array(values.buffer);
    this.count = values.length;
    this.shape = shape;
    this.strides = options.strides ??
      shape.map((_, axis) => shape.slice(axis + 1).reduce((product, side) => product * side, 1));
    this.offset = options.offset ?? 0;
    this.viewStart = options.viewStart;
  }
}

/** Bytes of opcodes that stand for themselves. */
export class RawPickle {
  readonly bytes: Uint8Array;

  /** Text is ASCII. */
  constructor(code: string | Uint8Array) {
    this.bytes = typeof code === "string" ? new TextEncoder().encode(code) : code;
  }
}

/** A tuple; an array is a list. */
export class Tuple {
  readonly items: readonly unknown[];

  constructor(...items: readonly unknown[]) {
    this.items = items;
  }
}

const text = new TextEncoder();

/** Bytes of one pickle of protocol 2, and the storages that its tensors name. */
export function writePickle(
  value: unknown,
  storages = new Map<string, WrittenTensor>(),
): Uint8Array<ArrayBuffer> {
  const bytes: number[] = [0x80, 2];
  const put = (...more: readonly (number | string | Uint8Array)[]) => {
    for (const part of more) {
      if (typeof part === "number") bytes.push(part);
      else for (const byte of typeof part === "string" ? text.encode(part) : part) bytes.push(byte);
    }
  };
  const int32 = (number: number) => new Uint8Array(Int32Array.of(number).buffer);
  const write = (item: unknown): void => {
    if (item === null || item === undefined) put("N");
    else if (typeof item === "boolean") put(item ? 0x88 : 0x89);
    else if (typeof item === "bigint") {
      const raw = new Uint8Array(16);
      for (let i = 0; i < 16; i++) raw[i] = Number(BigInt.asUintN(8, item >> BigInt(8 * i)));
      put(0x8a, 16, raw);
    } else if (typeof item === "number") {
      if (Number.isInteger(item) && Math.abs(item) < 2 ** 31) put("J", int32(item));
      else if (Number.isSafeInteger(item)) write(BigInt(item));
      else put("G", new Uint8Array(Float64Array.of(item).buffer).reverse());
    } else if (typeof item === "string") {
      const encoded = text.encode(item);
      put("X", int32(encoded.length), encoded);
    } else if (item instanceof RawPickle) put(item.bytes);
    else if (item instanceof Tuple) {
      put("(");
      item.items.forEach(write);
      put("t");
    } else if (Array.isArray(item)) {
      put("](");
      item.forEach(write);
      put("e");
    } else if (item instanceof WrittenTensor) {
      const key = String(storages.size);
      storages.set(key, item);
      const view = item.viewStart === undefined
        ? null
        : new Tuple("view", item.viewStart, item.count - item.viewStart);
      put("ctorch._utils\n_rebuild_tensor_v2\n((");
      write("storage");
      put(`ctorch\n${item.type}Storage\n`);
      [key, "cpu", item.count].forEach(write);
      if (item.viewStart !== undefined) write(view);
      put("tQ");
      [item.offset, new Tuple(...item.shape), new Tuple(...item.strides), false, null]
        .forEach(write);
      put("tR");
    } else if (item instanceof Map) {
      put("ccollections\nOrderedDict\n)R(");
      for (const [key, entry] of item) [key, entry].forEach(write);
      put("u");
    } else {
      put("}(");
      for (const [key, entry] of Object.entries(item as object)) [key, entry].forEach(write);
      put("u");
    }
  };
  write(value);
  put(".");
  return Uint8Array.from(bytes);
}

/** A checkpoint of the stream format that PyTorch wrote before 1.6. */
export function writeLegacy(value: unknown): Uint8Array<ArrayBuffer> {
  const storages = new Map<string, WrittenTensor>();
  const object = writePickle(value, storages);
  const parts = [
    writePickle(0x1950a86a20f9469cfc6cn),
    writePickle(1001),
    writePickle({ protocol_version: 1001, little_endian: true }),
    object,
    writePickle([...storages.keys()]),
  ];
  for (const { count, elements } of storages.values()) {
    parts.push(new Uint8Array(BigInt64Array.of(BigInt(count)).buffer), elements.slice());
  }
  return join(parts);
}

/** Changes to a ZIP archive that tests want. */
export interface ZipOptions {
  /** Entries beside the object and the storages. */
  readonly extra?: Readonly<Record<string, string>>;
  /** Writes sizes and offsets as 64-bit numbers only. */
  readonly wide?: boolean;
}

/** A checkpoint of the ZIP format. */
export function writeZip(value: unknown, options: ZipOptions = {}): Uint8Array<ArrayBuffer> {
  const storages = new Map<string, WrittenTensor>();
  const files = new Map<string, Uint8Array>([["data.pkl", writePickle(value, storages)]]);
  for (const [key, { elements }] of storages) files.set(`data/${key}`, elements);
  for (const [name, content] of Object.entries(options.extra ?? {})) {
    files.set(name, text.encode(content));
  }
  return zip(new Map([...files].map(([name, bytes]) => [`net/${name}`, bytes])), options);
}

/** A ZIP archive of stored entries. */
export function zip(
  files: ReadonlyMap<string, Uint8Array>,
  { wide = false }: ZipOptions = {},
): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const [path, bytes] of files) {
    const name = text.encode(path);
    const header = new DataView(new ArrayBuffer(30));
    header.setUint32(0, 0x04034b50, true);
    header.setUint16(26, name.length, true);
    // Padding such as PyTorch writes, so that storages are aligned.
    const padding = new Uint8Array(4 + (64 - (offset + 34 + name.length) % 64) % 64);
    header.setUint16(28, padding.length, true);
    const entry = new DataView(new ArrayBuffer(46));
    entry.setUint32(0, 0x02014b50, true);
    entry.setUint16(28, name.length, true);
    const extra = wide ? new DataView(new ArrayBuffer(28)) : new DataView(new ArrayBuffer(0));
    for (const [at, number] of [[24, bytes.length], [20, bytes.length], [42, offset]] as const) {
      entry.setUint32(at, wide ? 0xffffffff : number, true);
    }
    if (wide) {
      extra.setUint16(0, 1, true);
      extra.setUint16(2, 24, true);
      [bytes.length, bytes.length, offset].forEach((number, i) =>
        extra.setBigUint64(4 + 8 * i, BigInt(number), true)
      );
    }
    entry.setUint16(30, extra.byteLength, true);
    directory.push(new Uint8Array(entry.buffer), name, new Uint8Array(extra.buffer));
    const local = [new Uint8Array(header.buffer), name, padding, bytes];
    parts.push(...local);
    offset += local.reduce((sum, part) => sum + part.length, 0);
  }
  const directoryBytes = directory.reduce((sum, part) => sum + part.length, 0);
  const end = new DataView(new ArrayBuffer(22));
  end.setUint32(0, 0x06054b50, true);
  end.setUint32(12, wide ? 0xffffffff : directoryBytes, true);
  end.setUint32(16, wide ? 0xffffffff : offset, true);
  const tail: Uint8Array[] = [];
  if (wide) {
    const record = new DataView(new ArrayBuffer(56));
    record.setUint32(0, 0x06064b50, true);
    record.setBigUint64(40, BigInt(directoryBytes), true);
    record.setBigUint64(48, BigInt(offset), true);
    const locator = new DataView(new ArrayBuffer(20));
    locator.setUint32(0, 0x07064b50, true);
    locator.setBigUint64(8, BigInt(offset + directoryBytes), true);
    tail.push(new Uint8Array(record.buffer), new Uint8Array(locator.buffer));
  }
  return join([...parts, ...directory, ...tail, new Uint8Array(end.buffer)]);
}

function join(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}
