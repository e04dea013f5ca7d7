import { countElements, formatShape, type TensorData, type Tensors } from "./tensor.ts";

/**
 * Encodes tensors as a safetensors file: float32 as F32, int64 as I64, uint8 as U8.
 *
 * The header is padded so that the data starts on a multiple of 8 bytes; wide types come first, so
 * that every tensor is aligned for the reader.
 *
 * @throws {TypeError} If a tensor's type has no place in the format as it is read here.
 * @throws {RangeError} If a tensor's values do not fill its shape.
 */
export function encodeSafetensors(
  tensors: Tensors,
  metadata: ReadonlyMap<string, string> = new Map(),
): Uint8Array<ArrayBuffer> {
  const ordered = [...tensors].sort(([, a], [, b]) =>
    b.data.BYTES_PER_ELEMENT - a.data.BYTES_PER_ELEMENT
  );
  const header: Record<string, unknown> = {};
  if (metadata.size > 0) header.__metadata__ = Object.fromEntries(metadata);
  let dataBytes = 0;
  for (const [name, { shape, data }] of ordered) {
    if (countElements(shape) !== data.length) {
      throw new RangeError(
        `Cannot encode tensor "${name}": ${formatShape(shape)} holds ${
          countElements(shape)
        } values, it has ${data.length}.`,
      );
    }
    const end = dataBytes + data.byteLength;
    header[name] = { dtype: typeOf(name, data), shape, data_offsets: [dataBytes, end] };
    dataBytes = end;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const headerBytes = Math.ceil(json.length / 8) * 8;
  const file = new Uint8Array(8 + headerBytes + dataBytes);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerBytes), true);
  file.fill(0x20, 8, 8 + headerBytes);
  file.set(json, 8);
  let offset = 8 + headerBytes;
  for (const [, { data }] of ordered) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset);
    offset += data.byteLength;
  }
  return file;
}

function typeOf(name: string, data: TensorData): string {
  if (data instanceof Float32Array) return "F32";
  if (data instanceof BigInt64Array) return "I64";
  if (data instanceof Uint8Array) return "U8";
  throw new TypeError(`Cannot encode tensor "${name}": only float32, int64 and uint8 are written.`);
}
