import { ModelError } from "../../errors.ts";
import type { Size } from "../../frame/geometry.ts";
import type { RgbInput } from "../network.ts";
import { formatNormalisation, IMAGENET_NORMALISATION } from "../normalisation.ts";
import type { OnnxFile, OnnxValue } from "../onnx/onnx_file.ts";
import { formatSides } from "../onnx/sides.ts";
import type { Assumptions } from "./assumptions.ts";

const TYPES = ["float32", "float16", "uint8"] as const;

/**
 * How an ONNX file's image is fed.
 *
 * @throws {ModelError} If there is not one image input of a type that segstream feeds.
 */
export function describeInput(
  file: OnnxFile,
  assumptions: Assumptions,
): { input: RgbInput; fixedSize: Partial<Size> } {
  const value = onlyInput(file);
  const type = TYPES.find((each) => each === value.type);
  const shape = value.shape ?? ["?", "?", "?", "?"];
  const layout = layoutOf(value, assumptions);
  const isImage = shape.length === 4 && (shape[0] === 1 || typeof shape[0] === "string") &&
    layout !== undefined;
  if (type === undefined || !isImage) {
    const actual = `${formatSides(shape)} ${value.type}`;
    throw new ModelError(
      `Cannot use "${file.name}": its input "${value.name}" is ${actual}; segstream feeds one RGB ` +
        `image, [1, 3, height, width] or [1, height, width, 3], ${TYPES.join(", ")}. Export it so.`,
      { model: file.name, tensor: value.name, expected: TYPES.join(" or "), actual },
    );
  }
  const [height, width] = layout === "nchw" ? [shape[2], shape[3]] : [shape[1], shape[2]];
  const fixedSize = {
    ...(typeof width === "number" ? { width } : {}),
    ...(typeof height === "number" ? { height } : {}),
  };
  const { mean, std } = normalisation(type, assumptions);
  return { input: { kind: "rgb", name: value.name, layout, type, mean, std }, fixedSize };
}

function onlyInput(file: OnnxFile): OnnxValue {
  const [value, ...more] = file.inputs;
  if (value !== undefined && more.length === 0) return value;
  const names = file.inputs.map(({ name }) => JSON.stringify(name)).join(", ");
  const state = value === undefined ? "no input" : `${file.inputs.length} inputs (${names})`;
  throw new ModelError(
    `Cannot use "${file.name}": it has ${state}; segstream feeds one, the image. Export it with ` +
      "one input.",
    { model: file.name, expected: "1 input", actual: state },
  );
}

/** Undefined where no axis can hold three channels. */
function layoutOf(value: OnnxValue, assumptions: Assumptions): RgbInput["layout"] | undefined {
  const planes = value.shape?.[1] ?? "?";
  const last = value.shape?.[3] ?? "?";
  const can = {
    nchw: planes === 3 || planes === "?",
    nhwc: last === 3 || typeof last === "string",
  };
  const stated = assumptions.stated("layout");
  if (stated !== undefined) {
    assumptions.note("layout", stated.value, stated.from);
    return can[stated.value] || typeof planes === "string" ? stated.value : undefined;
  }
  const layout = planes === 3 ? "nchw" : last === 3 ? "nhwc" : undefined;
  if (layout !== undefined) {
    assumptions.note("layout", layout, "the file");
    return layout;
  }
  if (typeof planes !== "string") return undefined;
  assumptions.note("layout", "nchw", "the default");
  return "nchw";
}

function normalisation(type: RgbInput["type"], assumptions: Assumptions) {
  const mean = assumptions.stated("mean");
  const std = assumptions.stated("std");
  if (type === "uint8") {
    assumptions.note("normalisation", "none: RGB codes 0-255", "the file");
    return IMAGENET_NORMALISATION;
  }
  const chosen = {
    mean: mean?.value ?? IMAGENET_NORMALISATION.mean,
    std: std?.value ?? IMAGENET_NORMALISATION.std,
  };
  const isDefault = mean === undefined && std === undefined;
  const label = isDefault
    ? `ImageNet's, ${formatNormalisation(chosen)}`
    : formatNormalisation(chosen);
  assumptions.note("normalisation", label, mean?.from ?? std?.from ?? "the default");
  return chosen;
}
