/** Bytes in a page of a memory. */
export const PAGE_BYTES = 65_536;

/** What a CPU fetches at a time. */
export const CACHE_LINE_BYTES = 64;

/** How many bytes a kernel may read beyond a block: one vector. */
const SLACK_BYTES = 16;

/** How many pages so many bytes take, and a vector read beyond them. */
export function pagesFor(bytes: number): number {
  return Math.ceil((bytes + SLACK_BYTES) / PAGE_BYTES);
}

/**
 * Memory that threads share, filled with zeros; as large as asked for, and a vector beyond.
 *
 * @throws {RangeError} If there is no room for it.
 */
export function sharedMemory(bytes: number): WebAssembly.Memory {
  const pages = pagesFor(bytes);
  return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
}

/** The next multiple of a cache line. */
export function alignUp(bytes: number): number {
  return Math.ceil(bytes / CACHE_LINE_BYTES) * CACHE_LINE_BYTES;
}

/** The next odd number of cache lines: rows that far apart do not compete for one set of a cache. */
export function spreadOut(bytes: number): number {
  return (Math.ceil(bytes / CACHE_LINE_BYTES) | 1) * CACHE_LINE_BYTES;
}

/**
 * Lays out a kernel's own memory: reserve every block, then allocate, then look at them. Every block
 * starts on a cache line.
 *
 * The memory never grows, so views stay good, and it is not shared, so ONNX Runtime takes tensors
 * that lie in it.
 */
export class Scratch {
  #bytes = 0;
  readonly #contents: { readonly address: number; readonly bytes: Uint8Array }[] = [];

  /** Sets bytes aside. Returns their address. */
  reserve(bytes: number): number {
    const address = this.#bytes;
    this.#bytes += alignUp(bytes);
    return address;
  }

  /** Sets bytes aside that will hold these. Returns their address. */
  put(bytes: Uint8Array): number {
    const address = this.reserve(bytes.length);
    this.#contents.push({ address, bytes });
    return address;
  }

  /**
   * The memory, filled with zeros but for what was put there.
   *
   * @throws {RangeError} If there is no room for it.
   */
  allocate(): WebAssembly.Memory {
    const pages = pagesFor(this.#bytes);
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    const all = new Uint8Array(memory.buffer);
    for (const { address, bytes } of this.#contents) all.set(bytes, address);
    return memory;
  }
}
