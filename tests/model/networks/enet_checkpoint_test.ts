import assert from "node:assert/strict";
import { ModelError } from "../../../src/errors.ts";
import { evaluate } from "../../../src/eval/evaluate.ts";
import {
  CAMVID_CLASSES,
  EnetCheckpointWeights,
  readEnetCheckpoint,
} from "../../../src/model/networks/enet_checkpoint.ts";
import { encodeEnetCheckpoint } from "../../../src/model/networks/enet_model.ts";
import { countElements, type Tensor } from "../../../src/model/tensor.ts";
import { shared } from "../../testing/shared.ts";
import { temporaryDirectory } from "../../testing/temporary.ts";

const CHECKPOINT = shared("data/checkpoints/enet_camvid.pth");
const CAMVID = shared("data/camvid");

function tensor(shape: readonly number[], first = 0): Tensor {
  const length = countElements(shape);
  return { shape, data: Float32Array.from({ length }, (_, i) => first + i) };
}

Deno.test("EnetCheckpointWeights turns a transposed 1×1 convolution into a plain one", () => {
  const tensors = new Map([["b40.convt1.weight", tensor([2, 3, 1, 1])]]);
  const weights = new EnetCheckpointWeights(tensors, "enet.pth");
  const { weight, shape } = weights.convolution("b40.convt1", [3, 2, 1, 1], "norm");
  assert.deepEqual(shape, [3, 2, 1, 1]);
  assert.deepEqual([...weight], [0, 3, 1, 4, 2, 5]);
});

Deno.test("EnetCheckpointWeights finds the norm after each convolution of a block", () => {
  const tensors = new Map([
    ["b11.batchnorm.weight", tensor([2], 10)],
    ["b11.batchnorm.bias", tensor([2], 20)],
    ["b11.batchnorm2.weight", tensor([2], 30)],
    ["b11.batchnorm2.bias", tensor([2], 40)],
  ]);
  const weights = new EnetCheckpointWeights(tensors, "enet.pth");
  for (const convolution of ["b11.conv1", "b11.conv2", "b11.conv22", "b11.convt2"]) {
    const { scale, shift } = weights.imageNorm(convolution, 2);
    assert.deepEqual([[...scale], [...shift]], [[10, 11], [20, 21]]);
  }
  for (const convolution of ["b11.conv3", "b11.convt3"]) {
    const { scale, shift } = weights.imageNorm(convolution, 2);
    assert.deepEqual([[...scale], [...shift]], [[30, 31], [40, 41]]);
  }
});

Deno.test("EnetCheckpointWeights says which tensor is missing or has another shape", () => {
  const tensors = new Map([["init.conv.weight", tensor([13, 3, 5, 5])]]);
  const weights = new EnetCheckpointWeights(tensors, "enet.pth");
  assert.throws(
    () => weights.convolution("init.conv", [13, 3, 3, 3], "norm"),
    (error) =>
      error instanceof ModelError && error.tensor === "init.conv.weight" &&
      /is Float32Array \[13, 3, 5, 5\] where ENet has float32 \[13, 3, 3, 3\]/.test(error.message),
  );
  assert.throws(() => weights.slopes("init.prelu", 16), /tensor "init\.prelu\.weight" is none/);
});

Deno.test({
  name: CHECKPOINT.name("readEnetCheckpoint() reads every tensor of the public checkpoint"),
  ignore: CHECKPOINT.ignore,
  fn() {
    const tensors = readEnetCheckpoint(CHECKPOINT.path);
    let parameters = 0;
    for (const [name, { data }] of tensors) {
      if (!/running_|num_batches/.test(name)) parameters += data.length;
    }
    // The count that stands in the tensor list beside the file.
    assert.equal(parameters, 352_592);
  },
});

Deno.test({
  name: CAMVID.name(
    CHECKPOINT.name("encodeEnetCheckpoint() recognises CamVid's classes, each under its own name"),
  ),
  ignore: CHECKPOINT.ignore || CAMVID.ignore,
  async fn() {
    await using directory = await temporaryDirectory();
    const model = directory.join("enet.onnx");
    await Deno.writeFile(model, encodeEnetCheckpoint(CHECKPOINT.path));
    const { results, classes } = await evaluate(CAMVID.path, {
      model,
      resolutions: [{ width: 512, height: 512 }],
      limit: 6,
      provider: "cpu",
    });
    const { scores, confusion } = results[0]!;
    // Over all 58 test pictures they are 0.459 and 0.808.
    assert.ok(scores.meanIou! > 0.38, `mean IoU ${scores.meanIou}`);
    assert.ok(scores.pixelAccuracy! > 0.75, `pixel accuracy ${scores.pixelAccuracy}`);
    // No other order of the classes explains what it says: most of each class is called by its name.
    const rows = confusion.rows();
    for (const name of ["sky", "building", "road", "pavement", "tree", "car"]) {
      const id = classes.findIndex((each) => each.name === name);
      assert.equal(CAMVID_CLASSES[id]!.name, name);
      assert.equal(rows[id]!.indexOf(Math.max(...rows[id]!)), id, `what is ${name}`);
    }
  },
});
