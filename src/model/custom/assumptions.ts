import type { OnnxFile } from "../onnx/onnx_file.ts";
import type { CustomFacts } from "./sidecar.ts";

/** Something that is taken for granted of a model, and why. */
export interface Assumption {
  /** Such as "normalisation". */
  readonly what: string;
  /** For people. */
  readonly value: string;
  /** Where it comes from. */
  readonly from: "the file" | "an option" | "the sidecar" | "the default";
}

/** Looks facts up where they may be, and keeps a list of what was taken from where. */
export class Assumptions {
  /** In the order they were asked for. */
  readonly list: Assumption[] = [];
  /** Where the sidecar is, or would be. */
  readonly sidecarPath: string;
  readonly #options: CustomFacts;
  readonly #sidecar: CustomFacts | undefined;
  readonly #metadata: ReadonlyMap<string, string>;

  /** Options go before the sidecar, and that before what segstream wrote when it exported the file. */
  constructor(
    file: OnnxFile,
    options: CustomFacts,
    sidecar: CustomFacts | undefined,
    sidecarPath: string,
  ) {
    this.#options = options;
    this.#sidecar = sidecar;
    this.#metadata = file.producer === "segstream" ? file.metadata : new Map();
    this.sidecarPath = sidecarPath;
  }

  /** A fact that somebody stated, and who did. */
  stated<Key extends keyof CustomFacts>(
    key: Key,
  ): { value: NonNullable<CustomFacts[Key]>; from: Assumption["from"] } | undefined {
    const option = this.#options[key];
    if (option !== undefined && option !== null) return { value: option, from: "an option" };
    const sidecar = this.#sidecar?.[key];
    if (sidecar !== undefined && sidecar !== null) return { value: sidecar, from: "the sidecar" };
    return undefined;
  }

  /** What segstream wrote into a file that it exported. */
  exported(key: string): string | undefined {
    return this.#metadata.get(key);
  }

  /** Adds to the list. */
  note(what: string, value: string, from: Assumption["from"]): void {
    this.list.push({ what, value, from });
  }
}
