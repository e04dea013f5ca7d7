/**
 * DRN-D-22, the dilated residual network of Yu, Koltun and Funkhouser 2017 (arXiv 1705.09914), in the
 * public layout of its authors.
 *
 * | level | layers                          | channels | output |
 * | ----- | ------------------------------- | -------- | ------ |
 * | 0     | 7×7                             | 16       | 1      |
 * | 1     | 3×3                             | 16       | 1      |
 * | 2     | 3×3, stride 2                   | 32       | 1/2    |
 * | 3     | 2 basic blocks, stride 2        | 64       | 1/4    |
 * | 4     | 2 basic blocks, stride 2        | 128      | 1/8    |
 * | 5     | 2 basic blocks, dilation 2      | 256      | 1/8    |
 * | 6     | 2 basic blocks, dilation 4      | 512      | 1/8    |
 * | 7     | 3×3, dilation 2                 | 512      | 1/8    |
 * | 8     | 3×3                             | 512      | 1/8    |
 */

import type { Value } from "../onnx/model_proto.ts";
import type { Layers } from "./layers.ts";
import { addBasicBlock } from "./resnet.ts";

/** Adds all levels: 512 channels at 1/8. */
export function addDrnD22(layers: Layers, name: string, image: Value): Value {
  const stem = addDrnStem(layers, name, image);
  return addDrnContext(layers, name, addDrnDetail(layers, name, stem));
}

/** Levels 0 and 1: 16 channels, as large as the image. */
export function addDrnStem(layers: Layers, name: string, image: Value): Value {
  const first = layers.convolve(`${name}.0`, image, 16, { kernel: 7 });
  return layers.convolve(`${name}.1`, first, 16);
}

/** Levels 2 to 4: 128 channels at 1/8. */
export function addDrnDetail(layers: Layers, name: string, stem: Value): Value {
  let features = layers.convolve(`${name}.2`, stem, 32, { stride: 2 });
  for (const [level, channels] of [[3, 64], [4, 128]] as const) {
    features = addBasicBlock(layers, `${name}.${level}.0`, features, channels, { stride: 2 });
    features = addBasicBlock(layers, `${name}.${level}.1`, features, channels);
  }
  return features;
}

/** Levels 5 to 8: 512 channels at 1/8. */
function addDrnContext(layers: Layers, name: string, detail: Value): Value {
  let features = detail;
  for (const [level, channels, dilation] of [[5, 256, 2], [6, 512, 4]] as const) {
    for (let i = 0; i < 2; i++) {
      features = addBasicBlock(layers, `${name}.${level}.${i}`, features, channels, { dilation });
    }
  }
  features = layers.convolve(`${name}.7`, features, 512, { dilation: 2 });
  return layers.convolve(`${name}.8`, features, 512);
}
