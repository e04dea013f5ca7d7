import type { Value } from "../onnx/model_proto.ts";
import { channelsOf, type Layers } from "./layers.ts";

/** How a residual block changes its input. */
export interface BasicBlockOptions {
  /** Of its first convolution and its shortcut; 1 by default. */
  readonly stride?: number;
  /** Of both convolutions; 1 by default. */
  readonly dilation?: number;
}

/**
 * The basic block of ResNet-18 (He et al. 2016, Figure 5): two 3×3 convolutions added to their
 * input, which passes a 1×1 convolution where the shapes differ.
 */
export function addBasicBlock(
  layers: Layers,
  name: string,
  input: Value,
  channels: number,
  { stride = 1, dilation = 1 }: BasicBlockOptions = {},
): Value {
  const linear = { activation: "none" } as const;
  const first = layers.convolve(`${name}.conv1`, input, channels, { stride, dilation });
  const second = layers.convolve(`${name}.conv2`, first, channels, { ...linear, dilation });
  const same = stride === 1 && channelsOf(input) === channels;
  const shortcut = same
    ? input
    : layers.pointwise(`${name}.shortcut`, input, channels, { ...linear, stride });
  return layers.sum(name, second, shortcut);
}
