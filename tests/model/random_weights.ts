import { CITYSCAPES_CLASSES } from "../../src/frame/classes.ts";
import type { FastScnnTraits } from "../../src/model/fast_scnn.ts";
import { countElements, type Tensor } from "../../src/model/tensor.ts";

/** Traits with nothing that a careless graph could leave out: no mean is equal to another. */
export const TRAITS: FastScnnTraits = {
  classes: CITYSCAPES_CLASSES.length,
  firstPadding: 1,
  alignCorners: false,
  depthwiseRelu: true,
  epsilon: 1e-5,
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
};

/** Numbers from 0 up to 1, the same for the same seed (mulberry32). */
export function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = state + 0x6d2b79f5 | 0;
    let bits = Math.imul(state ^ state >>> 15, state | 1);
    bits ^= bits + Math.imul(bits ^ bits >>> 7, bits | 61);
    return ((bits ^ bits >>> 14) >>> 0) / 2 ** 32;
  };
}

/** Weights of Fast-SCNN in the public layout, random but of a scale that keeps logits near 1. */
export function randomWeights(seed: number, classes = TRAITS.classes): Map<string, Tensor> {
  const random = createRandom(seed);
  const weights = new Map<string, Tensor>();
  const put = (name: string, shape: readonly number[], low: number, high: number) => {
    const data = Float32Array.from(
      { length: countElements(shape) },
      () => low + (high - low) * random(),
    );
    weights.set(name, { shape, data });
  };
  const convolution = (name: string, out: number, perGroup: number, size: number) => {
    const bound = Math.sqrt(6 / (perGroup * size * size));
    put(`${name}.weight`, [out, perGroup, size, size], -bound, bound);
  };
  const norm = (name: string, channels: number) => {
    put(`${name}.weight`, [channels], 0.5, 1.5);
    put(`${name}.bias`, [channels], -0.3, 0.3);
    put(`${name}.running_mean`, [channels], -0.3, 0.3);
    put(`${name}.running_var`, [channels], 0.5, 2);
  };
  const unit = (path: string, index: number, out: number, perGroup: number, size: number) => {
    convolution(`${path}.${index}`, out, perGroup, size);
    norm(`${path}.${index + 1}`, out);
  };
  const separable = (path: string, channels: number, out: number) => {
    unit(`${path}.conv`, 0, channels, 1, 3);
    unit(`${path}.conv`, 3, out, channels, 1);
  };

  unit("learning_to_downsample.conv.conv", 0, 32, 3, 3);
  separable("learning_to_downsample.dsconv1", 32, 48);
  separable("learning_to_downsample.dsconv2", 48, 64);
  let channels = 64;
  for (const [stage, out] of [[1, 64], [2, 96], [3, 128]] as const) {
    for (let i = 0; i < 3; i++) {
      const path = `global_feature_extractor.bottleneck${stage}.${i}.block`;
      unit(`${path}.0.conv`, 0, 6 * channels, channels, 1);
      unit(`${path}.1.conv`, 0, 6 * channels, 1, 3);
      unit(path, 2, out, 6 * channels, 1);
      channels = out;
    }
  }
  for (let i = 1; i <= 4; i++) unit(`global_feature_extractor.ppm.conv${i}.conv`, 0, 32, 128, 1);
  unit("global_feature_extractor.ppm.out.conv", 0, 128, 256, 1);
  unit("feature_fusion.dwconv.conv", 0, 128, 1, 3);
  for (const [branch, inputs] of [["conv_lower_res", 128], ["conv_higher_res", 64]] as const) {
    unit(`feature_fusion.${branch}`, 0, 128, inputs, 1);
    put(`feature_fusion.${branch}.0.bias`, [128], -0.2, 0.2);
  }
  separable("classifier.dsconv1", 128, 128);
  separable("classifier.dsconv2", 128, 128);
  convolution("classifier.conv.1", classes, 128, 1);
  put("classifier.conv.1.bias", [classes], -0.2, 0.2);
  return weights;
}
