/** Bytes of the WebAssembly binary format, nested as they were put together. */
export type Bytes = readonly (number | Bytes)[];

/** The bytes in a row. */
export function flatten(bytes: Bytes): Uint8Array<ArrayBuffer> {
  const out: number[] = [];
  const add = (part: Bytes) => {
    for (const item of part) {
      if (typeof item === "number") out.push(item);
      else add(item);
    }
  };
  add(bytes);
  return Uint8Array.from(out);
}

/** Unsigned LEB128: seven bits a byte, the lowest first. */
export function unsigned(value: number): Bytes {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push(rest % 128 | 128);
  return [...bytes, rest];
}

/** Signed LEB128 of a 32-bit integer. */
export function signed(value: number): Bytes {
  const bytes: number[] = [];
  let rest = value | 0;
  for (; rest < -64 || rest > 63; rest >>= 7) bytes.push(rest & 127 | 128);
  return [...bytes, rest & 127];
}

/** A count, and so many items. */
export function vector(items: readonly Bytes[]): Bytes {
  return [unsigned(items.length), items];
}

/** Bytes behind their length. */
export function sized(bytes: Bytes): Bytes {
  const flat = [...flatten(bytes)];
  return [unsigned(flat.length), flat];
}

/** A name in UTF-8. */
export function text(name: string): Bytes {
  return sized([...new TextEncoder().encode(name)]);
}
