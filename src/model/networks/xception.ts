import type { Value } from "../onnx/model_proto.ts";
import type { LayerOptions, Layers } from "./layers.ts";
import { maxPool } from "./operators.ts";

/** Features that BiSeNet's context path refines. */
export interface ContextFeatures {
  /** At 1/16. */
  readonly sixteenth: Value;
  /** At 1/32. */
  readonly thirtySecond: Value;
}

/** Channels inside and blocks of each stage; the first block of a stage has stride 2. */
const STAGES = [[16, 4], [32, 8], [64, 4]] as const;

/** A block gives four times the channels it has inside. */
const EXPANSION = 4;

/** Adds Xception39, the backbone that BiSeNet's authors made; see bisenet.ts for its layers. */
export function addXception39(layers: Layers, image: Value): ContextFeatures {
  const first = layers.convolve("xception.first", image, 8, { stride: 2 });
  let features = maxPool(layers.graph, "xception.pooled", first, 3);
  const stages = STAGES.map(([inside, blocks], stage) => {
    for (let i = 0; i < blocks; i++) {
      const name = `xception.${stage}.${i}`;
      features = addBlock(layers, name, features, inside, i === 0 ? 2 : 1);
    }
    return features;
  });
  return { sixteenth: stages[1]!, thirtySecond: stages[2]! };
}

function addBlock(
  layers: Layers,
  name: string,
  input: Value,
  inside: number,
  stride: number,
): Value {
  const channels = EXPANSION * inside;
  const linear = { activation: "none" } as const;
  const first = addSeparable(layers, `${name}.0`, input, inside, { stride });
  const second = addSeparable(layers, `${name}.1`, first, inside);
  const third = addSeparable(layers, `${name}.2`, second, channels, linear);
  const shortcut = stride === 1
    ? input
    : addSeparable(layers, `${name}.shortcut`, input, channels, { ...linear, stride });
  return layers.sum(name, third, shortcut);
}

/** Depthwise without batch norm, then pointwise with it. */
function addSeparable(
  layers: Layers,
  name: string,
  input: Value,
  channels: number,
  { stride = 1, activation = "relu" }: LayerOptions = {},
): Value {
  const bare = { stride, shift: "none", activation: "none" } as const;
  const filtered = layers.depthwise(`${name}.depthwise`, input, bare);
  return layers.pointwise(`${name}.pointwise`, filtered, channels, { activation });
}
