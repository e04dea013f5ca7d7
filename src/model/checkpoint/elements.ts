import { widenBrainFloat, widenHalfFloat } from "../half_float.ts";
import type { TensorData } from "../tensor.ts";
import type { StorageType } from "./torch_objects.ts";

/**
 * Little-endian elements as the types that tensors have here. Float, Long, Char, Byte and Bool are
 * views of `raw`, whose buffer must hold nothing else.
 */
export function widenElements(raw: Uint8Array<ArrayBuffer>, type: StorageType): TensorData {
  const { buffer } = raw;
  switch (type) {
    case "Float":
      return new Float32Array(buffer);
    case "Double":
      return Float32Array.from(new Float64Array(buffer));
    case "Half":
      return Float32Array.from(new Uint16Array(buffer), widenHalfFloat);
    case "BFloat16":
      return Float32Array.from(new Uint16Array(buffer), widenBrainFloat);
    case "Long":
      return new BigInt64Array(buffer);
    case "Int":
      return BigInt64Array.from(Array.from(new Int32Array(buffer), BigInt));
    case "Short":
      return BigInt64Array.from(Array.from(new Int16Array(buffer), BigInt));
    case "Char":
      return new Int8Array(buffer);
    case "Byte":
    case "Bool":
      return raw;
  }
}
