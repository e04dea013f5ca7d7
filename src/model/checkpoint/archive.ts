/** The two formats of `torch.save`: where the pickled object and the bytes of its storages lie. */

import { ByteCursor } from "../byte_cursor.ts";
import { broken, type ByteSource } from "../byte_source.ts";
import { type PickleValue, readPickle } from "./pickle_reader.ts";
import { ELEMENT_BYTES, type Storage, TorchWorld } from "./torch_objects.ts";
import { isZip, ZipDirectory, type ZipEntry } from "./zip_directory.ts";

/** An opened checkpoint: the object that was saved, its tensors still unread. */
export interface TorchArchive {
  /** `zip` since PyTorch 1.6, `legacy` before. */
  readonly format: "zip" | "legacy";
  /** What was saved. */
  readonly root: PickleValue;
  /** Whether the storages' bytes are in reverse order. */
  readonly isBigEndian: boolean;
  /**
   * Where the bytes of a storage lie, the whole of `storage.key`.
   *
   * @throws {ModelError} If the file does not hold as many as the storage says.
   */
  locate(storage: Storage): ZipEntry;
}

/** The first pickle of the legacy format: 0x1950a86a20f9469cfc6c. */
const LEGACY_MAGIC = 0x1950a86a20f9469cfc6cn;

const LEGACY_PROTOCOL = 1001;

/**
 * Reads everything of a checkpoint but its storages.
 *
 * @throws {ModelError} If it is no checkpoint, is damaged, or names anything but tensors and data.
 */
export function openArchive(source: ByteSource): TorchArchive {
  return isZip(source) ? openZip(source) : openLegacy(source);
}

function openZip(source: ByteSource): TorchArchive {
  const directory = new ZipDirectory(source);
  const suffix = "data.pkl";
  const pickle = Iterator.from(directory.names)
    .find((name) => name === suffix || /^[^/]+\/data\.pkl$/.test(name));
  const entry = pickle === undefined ? undefined : directory.find(pickle);
  if (pickle === undefined || entry === undefined) {
    throw broken(source.name, "it is a ZIP archive but no checkpoint: it has no data.pkl");
  }
  const folder = pickle.slice(0, -suffix.length);
  const cursor = new ByteCursor(source, entry.offset, entry.offset + entry.byteLength);
  const root = readPickle(cursor, new TorchWorld(source.name));
  return {
    format: "zip",
    root,
    isBigEndian: readByteOrder(source, directory.find(`${folder}byteorder`)) === "big",
    locate(storage) {
      const found = directory.find(`${folder}data/${storage.key}`);
      const needed = storage.count * ELEMENT_BYTES[storage.type];
      if (found === undefined || found.byteLength < needed) {
        throw lacks(source, storage, found?.byteLength ?? 0);
      }
      return found;
    },
  };
}

/** Since PyTorch 2.1 the byte order is written down; before, every file was little-endian. */
function readByteOrder(source: ByteSource, entry: ZipEntry | undefined): string {
  if (entry === undefined) return "little";
  const order = new TextDecoder().decode(source.read(entry.offset, Math.min(entry.byteLength, 16)));
  if (order === "little" || order === "big") return order;
  throw broken(source.name, `its byte order is ${JSON.stringify(order)}`);
}

/**
 * Five pickles (magic number, version, facts about the machine, the object, the storages' keys), then
 * the storages in the keys' order: a 64-bit count of elements and the elements, little-endian.
 */
function openLegacy(source: ByteSource): TorchArchive {
  const cursor = new ByteCursor(source);
  const world = new TorchWorld(source.name);
  const magic = readPickle(cursor, world);
  if (magic !== LEGACY_MAGIC || readPickle(cursor, world) !== LEGACY_PROTOCOL) {
    throw broken(source.name, "it is no PyTorch checkpoint in either of the two formats");
  }
  readPickle(cursor, world);
  const root = readPickle(cursor, world);
  const keys = readPickle(cursor, world);
  if (!Array.isArray(keys)) throw broken(source.name, "its list of storages is damaged");
  const places = new Map<string, ZipEntry>();
  for (const key of keys) {
    const storage = typeof key === "string" ? world.storages.get(key) : undefined;
    if (storage === undefined) throw broken(source.name, "it holds a storage that nothing uses");
    const count = Number(cursor.readView(8).getBigInt64(0, true));
    const byteLength = count * ELEMENT_BYTES[storage.type];
    if (count !== storage.count) throw lacks(source, storage, byteLength);
    places.set(storage.key, { offset: cursor.position, byteLength });
    cursor.skip(byteLength);
  }
  return {
    format: "legacy",
    root,
    isBigEndian: false,
    locate(storage) {
      const place = places.get(storage.key);
      if (place === undefined) throw lacks(source, storage, 0);
      return place;
    },
  };
}

function lacks(source: ByteSource, { key, count, type }: Storage, byteLength: number) {
  return broken(
    source.name,
    `it is truncated: storage ${JSON.stringify(key)} claims ${count} ${type} elements, ` +
      `${count * ELEMENT_BYTES[type]} bytes, and has ${byteLength}`,
  );
}
