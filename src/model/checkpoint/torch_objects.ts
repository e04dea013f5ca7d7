/** The few things of Python's and PyTorch's that a checkpoint may name, and what stands for them. */

import { ModelError } from "../../errors.ts";
import { broken } from "../byte_source.ts";
import { countElements, formatShape } from "../tensor.ts";
import type { PickleObject, PickleValue, PickleWorld } from "./pickle_reader.ts";

/** Element types of storages, and the bytes of one element. */
export const ELEMENT_BYTES = {
  Float: 4,
  Double: 8,
  Half: 2,
  BFloat16: 2,
  Long: 8,
  Int: 4,
  Short: 2,
  Char: 1,
  Byte: 1,
  Bool: 1,
} as const;

/** The element type of a storage, by the name of its class: `torch.FloatStorage` is Float. */
export type StorageType = keyof typeof ELEMENT_BYTES;

/** A run of elements that tensors are views of; its bytes lie elsewhere in the file. */
export interface Storage extends PickleObject {
  /** Tells it from other objects. */
  readonly kind: "storage";
  /** Names it in the file. */
  readonly key: string;
  /** Of its elements. */
  readonly type: StorageType;
  /** How many elements it says it has. */
  readonly count: number;
  /** Where it begins within the storage `key`, in elements; 0 unless it is a view of one. */
  readonly start: number;
}

/** A tensor that was not read yet: where its values lie in a storage. */
export interface StoredTensor extends PickleObject {
  /** Tells it from other objects. */
  readonly kind: "tensor";
  /** Where its values are. */
  readonly storage: Storage;
  /** Index of its first element in the storage. */
  readonly offset: number;
  /** Sides, outermost first; empty for a scalar. */
  readonly shape: readonly number[];
  /** Elements from one index to the next, along each axis. */
  readonly strides: readonly number[];
}

/** The name of a class or function that a pickle may use. */
export interface Global extends PickleObject {
  /** Tells it from other objects. */
  readonly kind: "global";
  /** With its module: "torch.FloatStorage". */
  readonly name: string;
}

const STORAGE_CLASS = /^torch(?:\.cuda)?\.(\w+)Storage$/;

/** Everything else by which a pickle can build something here. */
const CALLABLE = new Set([
  "collections.OrderedDict",
  "torch.Size",
  "torch._utils._rebuild_parameter",
  "torch._utils._rebuild_tensor",
  "torch._utils._rebuild_tensor_v2",
]);

/**
 * Builds tensors, dicts, lists and plain values; any other global is refused by its name, before
 * anything is done with it.
 */
export class TorchWorld implements PickleWorld {
  /** By key, every storage that was named. Views are not in it. */
  readonly storages = new Map<string, Storage>();
  readonly #model: string;

  /** Messages name the file `model`. */
  constructor(model: string) {
    this.#model = model;
  }

  /** As {@link PickleWorld.global} says. */
  global(name: string): Global {
    if (CALLABLE.has(name) || storageType(name) !== undefined) return { kind: "global", name };
    const printable = JSON.stringify(name);
    throw new ModelError(
      `Cannot read "${this.#model}": it wants to run ${printable}; segstream builds only tensors, ` +
        "dicts, lists and plain values. If you trust the file, save its state_dict() alone.",
      { model: this.#model, actual: name },
    );
  }

  /** As {@link PickleWorld.call} says. */
  call(callee: PickleValue, args: readonly PickleValue[]): PickleValue {
    if (!isGlobal(callee)) throw this.#broken("calls what is no function");
    switch (callee.name) {
      case "collections.OrderedDict":
        return this.#buildDict(args[0]);
      case "torch.Size":
        return this.#counts(args[0], "a size");
      case "torch._utils._rebuild_parameter":
        return isStoredTensor(args[0]) ? args[0] : this.#refuse("a parameter without a tensor");
      case "torch._utils._rebuild_tensor":
      case "torch._utils._rebuild_tensor_v2":
        return this.#buildTensor(args);
      default:
        throw this.#broken(`calls ${callee.name}`);
    }
  }

  /**
   * A storage: ("storage", class, key, device, count), in the older format with a sixth part, which
   * is None or (key of the view, first element, count) for a view of the storage.
   */
  persistent(id: PickleValue): Storage {
    if (!Array.isArray(id) || id[0] !== "storage") throw this.#broken("names an unknown thing");
    const [, global, rawKey, , count, view] = id;
    const type = global !== undefined && isGlobal(global) ? storageType(global.name) : undefined;
    const key = typeof rawKey === "string" ? rawKey : undefined;
    if (type === undefined || key === undefined || !isCount(count)) {
      throw this.#broken("names a storage that cannot be");
    }
    const known = this.storages.get(key);
    if (known !== undefined && (known.type !== type || known.count !== count)) {
      throw this.#broken(`names storage ${JSON.stringify(key)} twice, and not alike`);
    }
    const storage = known ?? { kind: "storage" as const, key, type, count, start: 0 };
    this.storages.set(key, storage);
    if (!Array.isArray(view)) return storage;
    const [, start, length] = view;
    if (!isCount(start) || !isCount(length) || start + length > count) {
      throw this.#broken(`names a view that leaves storage ${JSON.stringify(key)}`);
    }
    return { ...storage, start, count: length };
  }

  #buildDict(items: PickleValue | undefined): PickleValue {
    const dict = new Map<PickleValue, PickleValue>();
    if (items === undefined) return dict;
    if (!Array.isArray(items)) throw this.#broken("fills a dict with what is no list");
    for (const item of items) {
      if (!Array.isArray(item) || item.length !== 2) throw this.#broken("has a broken dict");
      dict.set(item[0]!, item[1]!);
    }
    return dict;
  }

  /** (storage, offset, shape, strides, …); what follows is for training. */
  #buildTensor([storage, offset, size, stride]: readonly PickleValue[]): StoredTensor {
    if (!isStorage(storage) || !isCount(offset)) throw this.#broken("has a tensor without values");
    const shape = this.#counts(size, "a shape");
    const strides = this.#counts(stride, "strides");
    const last = shape.reduce((sum, side, axis) => sum + (side - 1) * strides[axis]!, offset);
    const isEmpty = countElements(shape) === 0;
    if (shape.length !== strides.length || (!isEmpty && !(last < storage.count))) {
      throw this.#broken(`has a tensor of ${formatShape(shape)} that leaves its storage`);
    }
    return { kind: "tensor", storage, offset, shape, strides };
  }

  #counts(value: PickleValue | undefined, what: string): number[] {
    if (Array.isArray(value) && value.every(isCount)) return value;
    throw this.#broken(`has ${what} that cannot be`);
  }

  #refuse(what: string): never {
    throw this.#broken(`has ${what}`);
  }

  #broken(state: string): ModelError {
    return broken(this.#model, `it is damaged: its pickle ${state}`);
  }
}

/** Whether a value is a tensor. */
export function isStoredTensor(value: PickleValue | undefined): value is StoredTensor {
  return isObject(value) && value.kind === "tensor";
}

function isStorage(value: PickleValue | undefined): value is Storage {
  return isObject(value) && value.kind === "storage";
}

function isGlobal(value: PickleValue): value is Global {
  return isObject(value) && value.kind === "global";
}

function isObject(value: PickleValue | undefined): value is PickleObject {
  return typeof value === "object" && value !== null && "kind" in value;
}

function isCount(value: PickleValue | undefined): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function storageType(name: string): StorageType | undefined {
  const type = STORAGE_CLASS.exec(name)?.[1];
  return type !== undefined && Object.hasOwn(ELEMENT_BYTES, type) ? type as StorageType : undefined;
}
