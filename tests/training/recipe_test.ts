/** What the training recipe and the product must agree on. Its own tests are in test_recipe.py. */
import assert from "node:assert/strict";
import { CAMVID_LAYOUT } from "../../src/eval/camvid.ts";
import { LABEL_ID_CODES } from "../../src/eval/cityscapes.ts";
import { CITYSCAPES_CLASSES } from "../../src/frame/classes.ts";
import { runCommand } from "../testing/command.ts";
import { repositoryFiles, repositoryPath } from "../testing/repository.ts";

const FOLDER = "models/training";

/** Prints the literals that Python files assign to names at their top, as JSON. */
const LITERALS = `
import ast, json, sys
found = {}
for path in sys.argv[1:]:
    tree = ast.parse(open(path, encoding="utf-8").read(), path)
    for node in tree.body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if isinstance(target, ast.Name) and node.value is not None:
            try:
                value = ast.literal_eval(node.value)
            except ValueError:
                continue
            found[target.id] = sorted(value) if isinstance(value, set) else value
print(json.dumps(found))
`;

const hasPython = await runCommand("python3", ["--version"]).then(
  ({ code }) => code === 0,
  () => false,
);

function withPython(name: string, fn: () => Promise<void>): void {
  const reason = hasPython ? "" : " (skipped: python3 is absent)";
  Deno.test({ name: name + reason, ignore: !hasPython, fn });
}

async function literals(): Promise<Record<string, unknown>> {
  const files = [...await repositoryFiles(FOLDER, ".py")].map((path) => repositoryPath(path));
  assert(files.length >= 10);
  const result = await runCommand("python3", ["-c", LITERALS, ...files]);
  assert.equal(result.code, 0, result.stderr);
  return JSON.parse(new TextDecoder().decode(result.stdout));
}

withPython("the recipe's sources parse, and its classes are the product's", async () => {
  const { CLASSES, LABEL_IDS, IGNORE } = await literals();
  assert.deepEqual(CLASSES, CITYSCAPES_CLASSES.map(({ name }) => name));
  assert.equal(IGNORE, 255);
  const trainIds = (LABEL_IDS as number[]).map((id) => LABEL_ID_CODES.classOf.get(id));
  assert.deepEqual(trainIds, CITYSCAPES_CLASSES.map((_, id) => id));
});

withPython("the recipe joins the classes of CamVid as the evaluation does", async () => {
  const { CAMVID_11 } = await literals();
  const names = new Set(CITYSCAPES_CLASSES.map(({ name }) => name));
  const joined = CAMVID_LAYOUT.classes.map(({ includes }, id) => [
    String(id),
    includes.filter((name) => names.has(name)),
  ]);
  assert.deepEqual(Object.entries(CAMVID_11 as object), joined);
});

withPython(
  "the example's settings are known, and its weights and scales those of the card",
  async () => {
    const { SOURCE_KEYS, VALIDATION_KEYS, CAMVID_11 } = await literals();
    assert(CAMVID_11 !== undefined);
    const text = await Deno.readTextFile(repositoryPath(`${FOLDER}/data.example.json`));
    const example = JSON.parse(text) as Record<string, Record<string, unknown>[]>;
    const known = { sources: SOURCE_KEYS as string[], validation: VALIDATION_KEYS as string[] };
    for (const [list, keys] of Object.entries(known)) {
      for (const entry of example[list]!) {
        for (const key of Object.keys(entry)) assert(keys.includes(key), `${list}: ${key}`);
      }
    }
    const card = await Deno.readTextFile(repositoryPath("models/fast_scnn_street19_v0.md"));
    const shares = new Map<number, number>();
    for (const { weight, scale, coarse } of example["sources"]!) {
      if (coarse === true) continue;
      const [low, high] = scale as [number, number];
      shares.set(low, (shares.get(low) ?? 0) + (weight as number));
      assert(card.includes(`${low}–${high.toFixed(1)}`) || low === 0.8, `scale ${low}–${high}`);
    }
    const total = [...shares.values()].reduce((sum, share) => sum + share);
    assert(Math.abs(total - 1) < 1e-9, `the weights add up to ${total}`);
  },
);
