import { loadModel, type Model } from "../model/model.ts";
import { type Finding, findingOf, shortPath } from "./finding.ts";

/** What was found, and the model where it is one. */
export interface ModelExamination {
  readonly findings: readonly Finding[];
  readonly model: Model | undefined;
}

/** Reads the model as a run would. */
export async function examineModel(reference: string | undefined): Promise<ModelExamination> {
  try {
    const model = await loadModel(reference);
    const { size } = await Deno.stat(model.path);
    const state = `${model.name}, ${model.classes.length} classes, ` +
      `${(size / 2 ** 20).toFixed(1)} MiB, ${shortPath(model.path)}`;
    return { findings: [{ area: "model", name: "weights", status: "ok", state }], model };
  } catch (error) {
    const finding = findingOf(error, { area: "model", name: "weights", status: "problem" });
    return { findings: [finding], model: undefined };
  }
}
