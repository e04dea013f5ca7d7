/**
 * What mmsegmentation 1.x calls a tensor of the public layout: the modules of
 * mmseg/models/backbones/fast_scnn.py and decode_heads/sep_fcn_head.py as PyTorch names them, a
 * `ConvModule` being `conv` and `bn`. Written apart from the product's mapping, the other way round.
 */
export function mmsegmentationName(name: string): string {
  const [, path, tensor] = /^(.+)\.(\w+)$/.exec(name)!;
  return `${moduleName(path!)}.${tensor}`;
}

function moduleName(path: string): string {
  const steps = path.split(".");
  const last = Number(steps.at(-1));
  switch (steps[0]) {
    case "classifier": {
      if (steps[1] === "conv") return "decode_head.conv_seg";
      return `decode_head.convs.${Number(steps[1]!.slice(-1)) - 1}.${separableName(last)}`;
    }
    case "learning_to_downsample": {
      const module = steps[1] === "conv" ? layerName(last) : separableName(last);
      return `backbone.learning_to_downsample.${steps[1]}.${module}`;
    }
    case "feature_fusion":
      return `backbone.feature_fusion.${steps[1]}.${layerName(last)}`;
    default: {
      const extractor = "backbone.global_feature_extractor";
      if (steps[2] === "out") return `${extractor}.out.${layerName(last)}`;
      if (steps[1] === "ppm") {
        return `${extractor}.ppm.${Number(steps[2]!.slice(-1)) - 1}.1.${layerName(last)}`;
      }
      const block = steps.slice(0, 3).join(".");
      const inner = steps.length === 5 ? 2 : Number(steps[4]);
      return `backbone.${block}.conv.${inner}.${layerName(steps.length === 5 ? last - 2 : last)}`;
    }
  }
}

function layerName(index: number): string {
  return index === 0 ? "conv" : "bn";
}

function separableName(index: number): string {
  return index < 3
    ? `depthwise_conv.${layerName(index)}`
    : `pointwise_conv.${layerName(index - 3)}`;
}
