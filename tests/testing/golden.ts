import { decodeSafetensors } from "../../src/model/safetensors.ts";

/** An image and the logits that PyTorch computed for it. */
export interface Golden {
  readonly height: number;
  readonly width: number;
  /** RGB [height, width, 3] */
  readonly image: Uint8Array;
  /** [1, 19, height / 8, width / 8] */
  readonly logits: Float32Array;
}

const FOLDER = new URL("../../../shared/golden/", import.meta.url);

/** The files `NAME.HEIGHTxWIDTH.safetensors` that are there; none where the folder is absent. */
export function listGolden(name: string): string[] {
  try {
    return [...Deno.readDirSync(FOLDER)]
      .map((entry) => entry.name)
      .filter((file) => file.startsWith(`${name}.`) && file.endsWith(".safetensors"))
      .sort();
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return [];
    throw cause;
  }
}

/** Reads one of {@link listGolden}. */
export async function readGolden(file: string): Promise<Golden> {
  const { tensors } = decodeSafetensors(await Deno.readFile(new URL(file, FOLDER)), file);
  const image = tensors.get("image")!;
  const [height, width] = image.shape as [number, number];
  return {
    height,
    width,
    image: image.data as Uint8Array,
    logits: tensors.get("logits")!.data as Float32Array,
  };
}
