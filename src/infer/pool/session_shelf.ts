import { createHash } from "node:crypto";
import type { Network } from "../../model/network.ts";
import { LoadedNetwork, type SessionOptions } from "../session.ts";

/** Networks that are kept while no stream uses them; beyond, the one idle for longest is freed. */
const MOST_IDLE = 8;

interface Shelved {
  readonly loaded: LoadedNetwork;
  users: number;
}

/**
 * The loaded networks of one worker. Streams whose networks are the same to the byte share one, and a
 * stream that comes back finds its own again.
 */
export class SessionShelf {
  /** By key, those that were used longest ago first. */
  readonly #shelved = new Map<string, Shelved>();

  /**
   * A loaded network, to be given back.
   *
   * @throws {ProviderError} If the provider cannot start here.
   * @throws {ModelError} If ONNX Runtime refuses the network.
   */
  async take(network: Network, options: SessionOptions): Promise<LoadedNetwork> {
    const key = keyOf(network, options);
    const found = this.#shelved.get(key);
    if (found !== undefined) {
      found.users++;
      return found.loaded;
    }
    const loaded = await LoadedNetwork.load(network, options);
    this.#shelved.set(key, { loaded, users: 1 });
    return loaded;
  }

  /** Tells that one of its users is gone. */
  async giveBack(loaded: LoadedNetwork): Promise<void> {
    const [key, shelved] = [...this.#shelved].find(([, each]) => each.loaded === loaded)!;
    shelved.users--;
    this.#shelved.delete(key);
    this.#shelved.set(key, shelved);
    const idle = [...this.#shelved].filter(([, { users }]) => users === 0);
    for (const [each, { loaded }] of idle.slice(0, -MOST_IDLE)) {
      this.#shelved.delete(each);
      await loaded.dispose();
    }
  }

  /** Frees them all. */
  async dispose(): Promise<void> {
    for (const { loaded } of this.#shelved.values()) await loaded.dispose();
    this.#shelved.clear();
  }
}

function keyOf(network: Network, { provider, threads }: SessionOptions): string {
  const { onnx, output, classes } = network;
  const digest = createHash("sha256").update(onnx).digest("hex");
  return [digest, output.kind, output.name, classes.length, provider, threads].join(" ");
}
