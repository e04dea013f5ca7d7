/**
 * ENet in the layout of a public PyTorch checkpoint for CamVid (iArunava, "ENet - Real Time Semantic
 * Segmentation", 12 classes, 512×512).
 *
 * How its network differs from the paper's, as the names and shapes of its tensors show:
 * - A bottleneck has two batch norms: `batchnorm` follows both its first and its second convolution,
 *   `batchnorm2` its third.
 * - A downsampling block has its stride in the second convolution, 3×3; its first is 1×1, and it
 *   narrows to a quarter of what it *takes*, as upsampling blocks do.
 * - A PReLU has one slope for all channels, that of the initial block one for each.
 * - The initial block's batch norm covers the convolution's 13 channels, not the 3 pooled ones.
 * - The shortcut of an upsampling block has a bias and no batch norm.
 *
 * Its batch norms work with the statistics of the image at hand: its authors' test script never
 * switches the network to evaluation, and as one norm serves two convolutions, the running statistics
 * are of neither. With those, about 27% of the pixels of CamVid's test pictures are right, nearly all
 * of them called "road"; with the image's own, 81%, and the mean IoU is 0.46.
 *
 * The image is RGB/255 without a mean.
 */

import { ModelError } from "../../errors.ts";
import type { SegmentationClass } from "../../frame/classes.ts";
import { FileBytes } from "../byte_source.ts";
import { Checkpoint } from "../checkpoint/checkpoint.ts";
import type { ConvolutionWeights, KernelShape } from "../onnx/operators.ts";
import { transposeMatrix } from "../pooling.ts";
import { formatShape, type Tensor, type Tensors } from "../tensor.ts";
import type { EnetVariant } from "./enet.ts";
import type { ImageNorm, NetworkWeights, Shift } from "./weights.ts";

/** How the checkpoint's network differs from the paper's. */
export const CHECKPOINT_VARIANT: EnetVariant = {
  quarterOf: "input",
  stridedKernel: 3,
  shortcutShift: "bias",
  lastKernel: 3,
};

/**
 * The classes by id: SegNet's eleven classes of CamVid in the order of its labels, then void. The
 * checkpoint names none; this order is the one in which it recognises CamVid's test pictures.
 */
export const CAMVID_CLASSES: readonly SegmentationClass[] = [
  { name: "sky", colour: [128, 128, 128], category: "sky" },
  { name: "building", colour: [128, 0, 0], category: "construction" },
  { name: "pole", colour: [192, 192, 128], category: "object" },
  { name: "road", colour: [128, 64, 128], category: "flat" },
  { name: "pavement", colour: [60, 40, 222], category: "flat" },
  { name: "tree", colour: [128, 128, 0], category: "nature" },
  { name: "sign", colour: [192, 128, 128], category: "object" },
  { name: "fence", colour: [64, 64, 128], category: "construction" },
  { name: "car", colour: [64, 0, 128], category: "vehicle" },
  { name: "pedestrian", colour: [64, 64, 0], category: "human" },
  { name: "bicyclist", colour: [0, 128, 192], category: "human" },
  { name: "unlabelled", colour: [0, 0, 0], category: "void" },
];

/** A tensor that every checkpoint of this layout has. */
const SIGNATURE = "init.conv.weight";

/** PyTorch's BatchNorm2d. */
const EPSILON = 1e-5;

/**
 * Reads the tensors of an ENet checkpoint, by their names within the network. Nothing in the file is
 * executed.
 *
 * @throws {ModelError} If it is no checkpoint, is damaged, or holds another network.
 */
export function readEnetCheckpoint(path: string): Tensors {
  using file = FileBytes.open(path);
  const checkpoint = new Checkpoint(file);
  const stored = [...checkpoint.tensors()];
  const first = stored.find(({ path }) => path === SIGNATURE || path.endsWith(`.${SIGNATURE}`));
  if (first === undefined) {
    throw new ModelError(
      `Cannot read "${path}": it has no tensor "${SIGNATURE}", so it is no ENet of the layout that ` +
        "segstream knows. Name another checkpoint.",
      { model: path, tensor: SIGNATURE },
    );
  }
  const prefix = first.path.slice(0, -SIGNATURE.length);
  const tensors = new Map<string, Tensor>();
  for (const { path, tensor } of stored) {
    if (path.startsWith(prefix)) tensors.set(path.slice(prefix.length), checkpoint.read(tensor));
  }
  return tensors;
}

/** The checkpoint's tensors as the layers of {@link buildEnetVariant} ask for them. */
export class EnetCheckpointWeights implements NetworkWeights {
  readonly #tensors: Tensors;
  readonly #model: string;

  /** Takes tensors by their names within the network; `model` is named in messages. */
  constructor(tensors: Tensors, model: string) {
    this.#tensors = tensors;
    this.#model = model;
  }

  /** See {@link NetworkWeights.convolution}. */
  convolution(name: string, shape: KernelShape, _shift: Shift): ConvolutionWeights {
    const isTransposed = name.includes(".convt");
    const [out, inputs, height, width] = shape;
    const weight = isTransposed
      // A transposed 1×1 convolution is a plain one with its axes exchanged.
      ? exchange(this.#values(`${name}.weight`, [inputs, out, height, width]), inputs, out)
      : this.#values(`${name}.weight`, shape);
    return this.#biased(name, { weight, shape }, out);
  }

  /** See {@link NetworkWeights.transposedConvolution}. */
  transposedConvolution(name: string, shape: KernelShape, _shift: Shift): ConvolutionWeights {
    return this.#biased(name, { weight: this.#values(`${name}.weight`, shape), shape }, shape[1]);
  }

  /** See {@link NetworkWeights.imageNorm}. */
  imageNorm(name: string, channels: number): ImageNorm {
    const norm = normOf(name);
    return {
      scale: this.#values(`${norm}.weight`, [channels]),
      shift: this.#values(`${norm}.bias`, [channels]),
      epsilon: EPSILON,
    };
  }

  /** See {@link NetworkWeights.slopes}. */
  slopes(name: string, channels: number): Float32Array {
    const tensor = this.#tensors.get(`${name}.weight`);
    return this.#values(`${name}.weight`, [tensor?.shape[0] === 1 ? 1 : channels]);
  }

  #biased(name: string, plain: ConvolutionWeights, out: number): ConvolutionWeights {
    const bias = `${name}.bias`;
    return this.#tensors.has(bias) ? { ...plain, bias: this.#values(bias, [out]) } : plain;
  }

  #values(name: string, shape: readonly number[]): Float32Array {
    const tensor = this.#tensors.get(name);
    const expected = `float32 ${formatShape(shape)}`;
    if (
      tensor?.data instanceof Float32Array && formatShape(tensor.shape) === formatShape(shape)
    ) return tensor.data;
    const actual = tensor === undefined
      ? "none"
      : `${tensor.data.constructor.name} ${formatShape(tensor.shape)}`;
    throw new ModelError(
      `Cannot use "${this.#model}": tensor "${name}" is ${actual} where ENet has ${expected}.`,
      { model: this.#model, tensor: name, expected, actual },
    );
  }
}

/** The batch norm after a convolution: the second of a block after its last, the first otherwise. */
function normOf(convolution: string): string {
  const block = convolution.slice(0, convolution.lastIndexOf("."));
  return /\.convt?3$/.test(convolution) ? `${block}.batchnorm2` : `${block}.batchnorm`;
}

/** [columns, rows] from [rows, columns]. */
function exchange(values: Float32Array, rows: number, columns: number): Float32Array {
  return transposeMatrix({ rows, columns, data: values }).data;
}
