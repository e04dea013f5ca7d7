import type { OnnxGraph } from "../onnx/model_proto.ts";
import { GraphIndex } from "./graph_index.ts";

/** Values whose channels have to be scaled alike, because nodes add them or pass them on. */
export class ChannelFamily {
  /** How many channels each value has. */
  readonly channels: number;
  #parent: ChannelFamily | undefined;

  /** A family of its own. */
  constructor(channels: number) {
    this.channels = channels;
  }

  /** The family that this one belongs to by now. */
  get root(): ChannelFamily {
    return this.#parent?.root ?? this;
  }

  /** Makes two families one. */
  join(other: ChannelFamily): void {
    if (other.root !== this.root) other.root.#parent = this.root;
  }
}

/** The families of a value's channels, in order; more than one where values were concatenated. */
export type Families = ReadonlyMap<string, readonly ChannelFamily[]>;

/**
 * Finds which activations belong together. Every convolution starts a family; ReLU, resizing and
 * pooling pass a positive factor on, and so belong to it; a sum joins families, a concatenation puts
 * them side by side. What is computed from the inputs alone and the graph's outputs keep their scale.
 */
export function findFamilies(graph: OnnxGraph): Families {
  const index = new GraphIndex(graph);
  const families = new Map<string, readonly ChannelFamily[]>();
  for (const node of graph.nodes) {
    const output = node.outputs[0]!;
    if (index.isOutput(output)) continue;
    const inputs = node.inputs.map((name) => families.get(name)).filter((each) => !!each);
    if (node.operator === "Conv") {
      families.set(output, [new ChannelFamily(index.shape(output)[1]!)]);
    } else if (node.operator === "Concat") {
      families.set(output, inputs.flat());
    } else if (inputs.length > 0) {
      const [first, ...others] = inputs as [readonly ChannelFamily[]];
      for (const other of others) first.forEach((family, i) => family.join(other[i]!));
      families.set(output, first);
    }
  }
  return new Map(
    [...families].map(([value, parts]) => [value, parts.map((family) => family.root)]),
  );
}
