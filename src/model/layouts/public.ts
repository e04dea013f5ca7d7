import { IMAGENET_NORMALISATION } from "../normalisation.ts";
import type { Layout } from "./layout.ts";

/** The four modules of the paper; an auxiliary head beside them only helps training. */
const MODULE = /^(learning_to_downsample|global_feature_extractor|feature_fusion|classifier)\./;

/**
 * The layout of the public PyTorch checkpoints (Tramac/Fast-SCNN-pytorch and what derives from it),
 * which segstream's own weights have too: nothing is renamed.
 */
export const PUBLIC_LAYOUT: Layout = {
  name: "public",
  signature: "learning_to_downsample.conv.conv.0.weight",
  rename: (name) => MODULE.test(name) ? name : undefined,
  traits: {
    firstPadding: 0,
    alignCorners: true,
    depthwiseRelu: true,
    epsilon: 1e-5,
    ...IMAGENET_NORMALISATION,
  },
};
