import { revive } from "../infer/pool/messages.ts";
import { within } from "../infer/pool/threads.ts";
import type { EvalAnswer, EvalOrder, Result, Setup } from "./messages.ts";
import type { AnnotatedPicture } from "./picture.ts";

/** How long a thread may take over its picture when everything ends; then it is cut off. */
const STOP_TIMEOUT_MS = 20_000;

/**
 * An evaluating thread, seen from the one that gives it pictures.
 *
 * - It works on one picture at a time; wait for a result before the next.
 * - `stop` lets it finish its picture: a thread that is torn down within ONNX Runtime takes the
 *   whole process with it.
 */
export class EvalThread {
  readonly #worker: Worker;
  readonly #stopped = Promise.withResolvers<void>();
  #answer: PromiseWithResolvers<Result> | undefined;
  /** Why it takes no picture any more: it died, or was stopped. */
  #end: { readonly reason: unknown } | undefined;

  /**
   * Spawns the thread; it loads ONNX Runtime at once.
   *
   * @param module The worker's, for tests to replace.
   */
  constructor(setup: Setup, module: URL = new URL("./worker.ts", import.meta.url)) {
    const { model: { name: model }, provider } = setup;
    this.#worker = new Worker(module, { type: "module" });
    this.#worker.onmessage = ({ data }: MessageEvent<EvalAnswer>) => {
      if (data.kind === "result") this.#answer?.resolve(data.result);
      if (data.kind === "failed") this.#answer?.reject(revive(data.error, { model, provider }));
      if (data.kind === "stopped") this.#stopped.resolve();
    };
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#refuse(new Error(event.message));
      this.#stopped.resolve();
    };
    this.#send({ kind: "setup", setup }, []);
  }

  /**
   * Examines a picture, whose buffers go to the thread and come back with the result.
   *
   * @throws {ModelError | ProviderError} If the network cannot be loaded or started.
   * @throws {Error} If the thread died, before or at it; the reason of `stop` after that.
   */
  examine(picture: AnnotatedPicture): Promise<Result> {
    if (this.#end !== undefined) return Promise.reject(this.#end.reason);
    this.#answer = Promise.withResolvers();
    this.#send({ kind: "picture", picture }, [picture.rgb.buffer, picture.truth.buffer]);
    return this.#answer.promise;
  }

  /** Rejects what is being examined with the reason and ends the thread. Safe to call twice. */
  async stop(reason: unknown): Promise<void> {
    this.#refuse(reason);
    this.#send({ kind: "quit" }, []);
    await within(STOP_TIMEOUT_MS, this.#stopped.promise, () => this.#worker.terminate());
  }

  /** Rejects what is being examined, and whatever comes after it. */
  #refuse(reason: unknown): void {
    this.#end ??= { reason };
    this.#answer?.reject(reason);
  }

  #send(order: EvalOrder, transfer: Transferable[]): void {
    this.#worker.postMessage(order, transfer);
  }
}
