import type { KernelModule, Kernels } from "./kernel.ts";
import { alignUp, PAGE_BYTES, pagesFor } from "./memory.ts";

/** A buffer of a frame that a kernel works on. */
export interface FrameBuffer {
  /** In the memory of frames, or anywhere. */
  readonly bytes: Uint8Array;
  /** Whether the kernel reads what is there. */
  readonly isRead?: boolean;
  /** Whether it writes there. */
  readonly isWritten?: boolean;
}

/** Where frames lie, for whoever works on them with kernels. */
export interface FrameMemoryOptions {
  /**
   * The memory that frames lie in: a ring's. Frames from elsewhere are taken too, at the price of a
   * copy; so without it every frame is copied.
   */
  readonly frames?: WebAssembly.Memory | undefined;
}

/** Kernels bound to a scratch memory, and the memory of frames they work on. */
interface Bound<Name extends string> {
  readonly memory: WebAssembly.Memory;
  readonly kernels: Kernels<Name>;
}

/**
 * Kernels that work on frames wherever these lie: in place where all of a call's buffers lie in the
 * memory of frames, and else on copies.
 *
 * A kernel takes the addresses of the buffers first, and then the other numbers. It may read one
 * vector beyond a buffer's end.
 *
 * Thread: any, one at a time. Memory: allocates no buffer for a call in place; copies take as much as
 * the largest call.
 */
export class FrameKernels<Name extends string> {
  readonly #module: KernelModule<Name>;
  readonly #scratch: WebAssembly.Memory;
  readonly #inPlace: Bound<Name> | undefined;
  #copies: Bound<Name> | undefined;

  /** Compiles what is not compiled yet. */
  constructor(
    module: KernelModule<Name>,
    scratch: WebAssembly.Memory,
    { frames }: FrameMemoryOptions = {},
  ) {
    this.#module = module;
    this.#scratch = scratch;
    if (frames) this.#inPlace = this.#bind(frames);
  }

  /** Calls a kernel. */
  run(name: Name, buffers: readonly FrameBuffer[], ...operands: readonly number[]): void {
    const { memory, kernels } = this.#inPlace ?? {};
    if (kernels && buffers.every(({ bytes }) => bytes.buffer === memory!.buffer)) {
      kernels[name](...buffers.map(({ bytes }) => bytes.byteOffset), ...operands);
      return;
    }
    this.#runOnCopies(name, buffers, operands);
  }

  #runOnCopies(name: Name, buffers: readonly FrameBuffer[], operands: readonly number[]): void {
    const addresses: number[] = [];
    let end = 0;
    for (const { bytes } of buffers) {
      addresses.push(end);
      end += alignUp(bytes.length);
    }
    const { memory, kernels } = this.#roomFor(end);
    const copies = buffers.map(({ bytes }, i) =>
      new Uint8Array(memory.buffer, addresses[i], bytes.length)
    );
    for (const [i, { bytes, isRead }] of buffers.entries()) if (isRead) copies[i]!.set(bytes);
    kernels[name](...addresses, ...operands);
    for (const [i, { bytes, isWritten }] of buffers.entries()) if (isWritten) bytes.set(copies[i]!);
  }

  #roomFor(bytes: number): Bound<Name> {
    this.#copies ??= this.#bind(new WebAssembly.Memory({ initial: pagesFor(bytes) }));
    const { memory } = this.#copies;
    const missing = pagesFor(bytes) * PAGE_BYTES - memory.buffer.byteLength;
    if (missing > 0) memory.grow(missing / PAGE_BYTES);
    return this.#copies;
  }

  #bind(frames: WebAssembly.Memory): Bound<Name> {
    const kernels = this.#module.instantiate({ frames, scratch: this.#scratch });
    return { memory: frames, kernels };
  }
}
