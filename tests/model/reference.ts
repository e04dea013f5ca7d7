/**
 * Fast-SCNN in plain loops and double precision, as its public PyTorch code runs it: batch norms
 * apart, no folding, no layout tricks. What the graphs are compared with.
 */

import type { FastScnnTraits } from "../../src/model/fast_scnn.ts";
import type { Tensors } from "../../src/model/tensor.ts";

/** Feature maps [channels, height, width]. */
export interface Planes {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly data: Float64Array;
}

type Map2d = (channel: number, row: number, column: number) => number;

/** Logits for a normalised image. */
export function referenceLogits(
  weights: Tensors,
  traits: FastScnnTraits,
  image: Planes,
  skip: "keep" | "zero" = "keep",
): Planes {
  const values = (name: string) => weights.get(name)?.data as Float32Array | undefined;

  function convolve(x: Planes, name: string, stride: number, padding: number): Planes {
    const { data: weight, shape } = weights.get(`${name}.weight`)!;
    const [out, perGroup, size] = shape as [number, number, number, number];
    const bias = values(`${name}.bias`);
    const side = (length: number) => Math.floor((length + 2 * padding - size) / stride) + 1;
    const outPerGroup = out / (x.channels / perGroup);
    return fill(out, side(x.height), side(x.width), (channel, row, column) => {
      const firstInput = Math.floor(channel / outPerGroup) * perGroup;
      let sum = bias?.[channel] ?? 0;
      for (let input = 0; input < perGroup; input++) {
        for (let i = 0; i < size; i++) {
          for (let j = 0; j < size; j++) {
            const r = row * stride + i - padding;
            const c = column * stride + j - padding;
            if (r < 0 || c < 0 || r >= x.height || c >= x.width) continue;
            const tap = ((channel * perGroup + input) * size + i) * size + j;
            sum += Number(weight[tap]) * at(x, firstInput + input, r, c);
          }
        }
      }
      return sum;
    });
  }

  function normalise(x: Planes, name: string, activation: "relu" | "none"): Planes {
    const scale = values(`${name}.weight`)!;
    const shift = values(`${name}.bias`)!;
    const mean = values(`${name}.running_mean`)!;
    const variance = values(`${name}.running_var`)!;
    return fill(x.channels, x.height, x.width, (channel, row, column) => {
      const deviation = Math.sqrt(variance[channel]! + traits.epsilon);
      const y = (at(x, channel, row, column) - mean[channel]!) / deviation * scale[channel]! +
        shift[channel]!;
      return activation === "relu" ? Math.max(0, y) : y;
    });
  }

  function separable(x: Planes, path: string, stride: number): Planes {
    const filtered = normalise(
      convolve(x, `${path}.conv.0`, stride, 1),
      `${path}.conv.1`,
      traits.depthwiseRelu ? "relu" : "none",
    );
    return normalise(convolve(filtered, `${path}.conv.3`, 1, 0), `${path}.conv.4`, "relu");
  }

  function bottleneck(x: Planes, path: string, stride: number): Planes {
    const wide = normalise(convolve(x, `${path}.0.conv.0`, 1, 0), `${path}.0.conv.1`, "relu");
    const filtered = normalise(
      convolve(wide, `${path}.1.conv.0`, stride, 1),
      `${path}.1.conv.1`,
      "relu",
    );
    const y = normalise(convolve(filtered, `${path}.2`, 1, 0), `${path}.3`, "none");
    return stride === 1 && y.channels === x.channels ? sum(y, x) : y;
  }

  const half = normalise(
    convolve(image, "learning_to_downsample.conv.conv.0", 2, traits.firstPadding),
    "learning_to_downsample.conv.conv.1",
    "relu",
  );
  const quarter = separable(half, "learning_to_downsample.dsconv1", 2);
  const detail = separable(quarter, "learning_to_downsample.dsconv2", 2);

  const global = "global_feature_extractor";
  let x = detail;
  for (const [stage, stride] of [[1, 2], [2, 2], [3, 1]] as const) {
    for (let i = 0; i < 3; i++) {
      x = bottleneck(x, `${global}.bottleneck${stage}.${i}.block`, i === 0 ? stride : 1);
    }
  }
  const branches = [1, 2, 3, 6].map((bins, i) => {
    const path = `${global}.ppm.conv${i + 1}.conv`;
    const pooled = normalise(
      convolve(averagePool(x, bins), `${path}.0`, 1, 0),
      `${path}.1`,
      "relu",
    );
    return resize(pooled, x.height, x.width, traits.alignCorners);
  });
  const joined = join([x, ...branches]);
  const context = normalise(
    convolve(joined, `${global}.ppm.out.conv.0`, 1, 0),
    `${global}.ppm.out.conv.1`,
    "relu",
  );

  const fusion = "feature_fusion";
  const upsampled = resize(context, detail.height, detail.width, traits.alignCorners);
  const filtered = normalise(
    convolve(upsampled, `${fusion}.dwconv.conv.0`, 1, 1),
    `${fusion}.dwconv.conv.1`,
    "relu",
  );
  const branch = (input: Planes, name: string) =>
    normalise(convolve(input, `${fusion}.${name}.0`, 1, 0), `${fusion}.${name}.1`, "none");
  const kept = skip === "keep"
    ? detail
    : fill(detail.channels, detail.height, detail.width, () => 0);
  const fused = sum(branch(filtered, "conv_lower_res"), branch(kept, "conv_higher_res"));
  const active = fill(
    fused.channels,
    fused.height,
    fused.width,
    (channel, row, column) => Math.max(0, at(fused, channel, row, column)),
  );
  const first = separable(active, "classifier.dsconv1", 1);
  const second = separable(first, "classifier.dsconv2", 1);
  return convolve(second, "classifier.conv.1", 1, 0);
}

/** Builds feature maps value by value. */
export function fill(channels: number, height: number, width: number, value: Map2d): Planes {
  const data = new Float64Array(channels * height * width);
  let i = 0;
  for (let channel = 0; channel < channels; channel++) {
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) data[i++] = value(channel, row, column);
    }
  }
  return { channels, height, width, data };
}

/** PyTorch's `interpolate(mode="bilinear")`. */
export function resize(x: Planes, height: number, width: number, alignCorners: boolean): Planes {
  const position = (i: number, from: number, to: number) =>
    alignCorners
      ? to > 1 ? i * (from - 1) / (to - 1) : 0
      : Math.max(0, (i + 0.5) * from / to - 0.5);
  return fill(x.channels, height, width, (channel, row, column) => {
    const r = position(row, x.height, height);
    const c = position(column, x.width, width);
    const top = Math.floor(r);
    const left = Math.floor(c);
    const bottom = Math.min(top + 1, x.height - 1);
    const right = Math.min(left + 1, x.width - 1);
    const across = (line: number) =>
      at(x, channel, line, left) * (1 - c + left) + at(x, channel, line, right) * (c - left);
    return across(top) * (1 - r + top) + across(bottom) * (r - top);
  });
}

/** PyTorch's `adaptive_avg_pool2d` to bins × bins. */
function averagePool(x: Planes, bins: number): Planes {
  const start = (bin: number, length: number) => Math.floor(bin * length / bins);
  const end = (bin: number, length: number) => Math.ceil((bin + 1) * length / bins);
  return fill(x.channels, bins, bins, (channel, row, column) => {
    let sum = 0;
    let count = 0;
    for (let r = start(row, x.height); r < end(row, x.height); r++) {
      for (let c = start(column, x.width); c < end(column, x.width); c++) {
        sum += at(x, channel, r, c);
        count++;
      }
    }
    return sum / count;
  });
}

function sum(a: Planes, b: Planes): Planes {
  return { ...a, data: a.data.map((value, i) => value + b.data[i]!) };
}

function join(parts: readonly Planes[]): Planes {
  const [{ height, width }] = parts as [Planes];
  const channels = parts.reduce((count, part) => count + part.channels, 0);
  const data = Float64Array.from(parts.flatMap((part) => [...part.data]));
  return { channels, height, width, data };
}

function at(x: Planes, channel: number, row: number, column: number): number {
  return x.data[(channel * x.height + row) * x.width + column]!;
}
