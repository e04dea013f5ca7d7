/** Networks that tell red, green and blue apart, and frames of one colour for them. */
import type { Size } from "../../src/frame/geometry.ts";
import { parseClasses } from "../../src/model/class_list.ts";
import { customNetwork, describeCustomModel } from "../../src/model/custom/custom_model.ts";
import type { Network } from "../../src/model/network.ts";
import { temporaryDirectory } from "../testing/temporary.ts";
import { TINY_CLASSES, tinyNetwork } from "../testing/tiny_network.ts";

/** What the frames of {@link fillFrame} are coded in. */
export const COLOUR = { matrix: "bt709", range: "limited" } as const;

/** Y'CbCr codes of red, green and blue; the class of each is its position. */
const CODES = [[63, 102, 240], [173, 42, 26], [32, 240, 118]] as const;

/** The same network for inputs of these widths, half as high. */
export async function tinyNetworks(...widths: readonly number[]): Promise<Network[]> {
  await using directory = await temporaryDirectory();
  const path = directory.join("net.onnx");
  await Deno.writeFile(path, tinyNetwork());
  const model = await describeCustomModel(path, { classes: parseClasses([...TINY_CLASSES]) });
  return widths.map((width) => customNetwork(model, { width, height: width / 2 }));
}

/** An I420 frame of one colour, by its class. */
export function fillFrame({ width, height }: Size, colour: number): Uint8Array {
  const pixels = width * height;
  const [y, cb, cr] = CODES[colour]!;
  return new Uint8Array(pixels * 3 / 2).fill(y, 0, pixels).fill(cb, pixels, pixels * 5 / 4)
    .fill(cr, pixels * 5 / 4);
}
