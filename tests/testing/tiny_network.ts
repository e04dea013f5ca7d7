import { GraphBuilder } from "../../src/model/onnx/graph_builder.ts";
import { type ElementType, encodeOnnx, type Value } from "../../src/model/onnx/model_proto.ts";
import { cast, convolve, indexOfMaximum, transpose } from "../../src/model/onnx/operators.ts";

/** How a tiny network is fed and what it gives. */
export interface TinyNetwork {
  readonly layout?: "nchw" | "nhwc";
  readonly type?: "float32" | "float16" | "uint8";
  /** Of the input; unknown until it runs by default. */
  readonly size?: { readonly width: number; readonly height: number };
  /** The output is smaller than the input by this. */
  readonly stride?: number;
  /** Four axes for logits; `labels` have three, or four where `keepAxis` says which. */
  readonly output?: "logits" | "logits-nhwc" | "labels";
  readonly keepAxis?: "second" | "last";
  readonly outputType?: ElementType;
  /** Repeats the three classes up to so many, the later ones never winning. */
  readonly classes?: number;
  /** More inputs and outputs than one. */
  readonly extra?: "input" | "output";
}

/** Names of the classes of {@link tinyNetwork}, by id. */
export const TINY_CLASSES = ["reddish", "greenish", "bluish"] as const;

/**
 * An ONNX file of a network that labels each pixel by its strongest colour: a 1×1 convolution from
 * RGB to three logits, in whatever form is asked for.
 */
export function tinyNetwork(options: TinyNetwork = {}): Uint8Array<ArrayBuffer> {
  const { layout = "nchw", type = "float32", size, stride = 1, output = "logits" } = options;
  const [height, width] = size === undefined ? [-1, -1] : [size.height, size.width];
  const classes = options.classes ?? 3;
  const graph = new GraphBuilder("tiny");
  const shape = layout === "nchw" ? [1, 3, height, width] : [1, height, width, 3];
  const image = graph.input("image", type, shape);
  if (options.extra === "input") graph.input("mask", "float32", [1, 1, height, width]);
  let value: Value = type === "float32" ? image : cast(graph, "float", image, "float32");
  if (layout === "nhwc") value = transpose(graph, "planes", value, [0, 3, 1, 2]);
  const weight = Float32Array.from({ length: classes * 3 }, (_, i) => i % 4 === 0 && i < 9 ? 1 : 0);
  const bias = Float32Array.from({ length: classes }, (_, id) => id < 3 ? 0 : -1000);
  value = convolve(graph, "colours", value, { weight, shape: [classes, 3, 1, 1], bias }, {
    stride,
  });
  const [rows, columns] = [height, width].map((side) => side < 0 ? -1 : Math.ceil(side / stride));
  let sides = [1, classes, rows!, columns!];
  if (output === "logits-nhwc") {
    value = transpose(graph, "last", value, [0, 2, 3, 1]);
    sides = [1, rows!, columns!, classes];
  } else if (output === "labels") {
    value = indexOfMaximum(graph, "labels", value, 1);
    sides = [1, rows!, columns!];
    if (options.keepAxis !== undefined) {
      const axis = options.keepAxis === "second" ? 1 : 3;
      const axes = graph.constant("axis", BigInt64Array.of(BigInt(axis)));
      sides = sides.toSpliced(axis, 0, 1);
      value = graph.add("Unsqueeze", [value, axes], { name: "kept", shape: sides });
    }
  }
  if (options.outputType !== undefined && options.outputType !== value.type) {
    value = cast(graph, "typed", value, options.outputType);
  }
  graph.output("map", { ...value, shape: sides });
  if (options.extra === "output") {
    const other = cast(graph, "other", image, "float32");
    graph.output("aside", { ...other, shape });
  }
  return encodeOnnx(graph.build()).slice() as Uint8Array<ArrayBuffer>;
}
