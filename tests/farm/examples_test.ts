/** The manifests in examples/farm say what the farm's code does. */
import assert from "node:assert/strict";
import { parse, parseAllDocuments } from "yaml";
import { CAMERA_QUEUE, FILE_QUEUE, listKey } from "../../src/farm/names.ts";
import { runCommand } from "../testing/command.ts";
import { answerOf } from "../testing/installed.ts";
import { defaultPermissions } from "../hard/permissions.ts";
import { repositoryPath } from "../testing/repository.ts";
import { temporaryDirectory } from "../testing/temporary.ts";

function read(name: string): Promise<string> {
  return Deno.readTextFile(repositoryPath("examples/farm", name));
}

/** A part of a manifest, whose shape is what is being tested. */
// deno-lint-ignore no-explicit-any
type Manifest = any;

async function kubernetes(): Promise<Record<string, Manifest>> {
  const documents = parseAllDocuments(await read("kubernetes.yaml"), { strict: true });
  for (const { errors } of documents) assert.deepEqual(errors, []);
  return Object.fromEntries(documents.map((each) => [each.toJS().kind, each.toJS()]));
}

Deno.test("compose.yaml keeps Redis' jobs on disk and gives workers what they read", async () => {
  const { services, volumes } = parse(await read("compose.yaml"), { merge: true }) as Manifest;
  assert.deepEqual(Object.keys(services), ["redis", "worker", "cli"]);
  const redis = services.redis.command.join(" ");
  assert.match(redis, /--appendonly yes/);
  assert.match(redis, /--maxmemory-policy noeviction/);
  assert.ok("queue" in volumes);
  const { env } = await defaultPermissions();
  for (const { environment } of [services.worker, services.cli]) {
    for (const name of Object.keys(environment)) {
      assert.ok(env.includes(name) || name === "ALLOW_NET", `${name} may not be read`);
    }
  }
  assert.deepEqual(services.worker.command, ["work"]);
  // Keys come from the shell alone.
  assert.equal(services.worker.environment.AWS_SECRET_ACCESS_KEY, "${AWS_SECRET_ACCESS_KEY:-}");
});

Deno.test("kubernetes.yaml scales the workers by the lists that the queue keeps", async () => {
  const { Deployment, ScaledObject, TriggerAuthentication } = await kubernetes();
  const { name, namespace } = Deployment.metadata;
  assert.equal(ScaledObject.spec.scaleTargetRef.name, name);
  const { matchLabels } = Deployment.spec.selector;
  assert.deepEqual(Deployment.spec.template.metadata.labels, matchLabels);
  for (const { metadata } of [ScaledObject, TriggerAuthentication]) {
    assert.equal(metadata.namespace, namespace);
  }
  const lists = ScaledObject.spec.triggers.map(
    ({ type, metadata, authenticationRef }: Manifest) => {
      assert.equal(type, "redis");
      assert.equal(authenticationRef.name, TriggerAuthentication.metadata.name);
      assert.match(metadata.listLength, /^\d+$/);
      return metadata.listName;
    },
  );
  assert.deepEqual(lists, [listKey(FILE_QUEUE, "wait"), listKey(FILE_QUEUE, "active")]);
  assert.notEqual(FILE_QUEUE, CAMERA_QUEUE);
});

Deno.test("kubernetes.yaml takes every password from a secret", async () => {
  const { Deployment, TriggerAuthentication } = await kubernetes();
  const [container] = Deployment.spec.template.spec.containers;
  const { env } = await defaultPermissions();
  for (const { name, value, valueFrom } of container.env) {
    if (/KEY|REDIS/.test(name)) assert.equal(valueFrom.secretKeyRef.name, "segstream", name);
    else assert.ok(value !== undefined || valueFrom.fieldRef !== undefined, name);
    assert.ok(env.includes(name) || ["ALLOW_NET", "POD_NAME"].includes(name), name);
  }
  assert.equal(TriggerAuthentication.spec.secretTargetRef[0].name, "segstream");
});

const validator = await answerOf("kubernetes-validate", ["--help"]) !== undefined;

Deno.test({
  name: "the deployment holds to the schema of Kubernetes" +
    (validator ? "" : " (skipped: kubernetes-validate is not installed)"),
  ignore: !validator,
  async fn() {
    await using folder = await temporaryDirectory();
    const [deployment] = (await read("kubernetes.yaml")).split(/^---$/m);
    await Deno.writeTextFile(folder.join("deployment.yaml"), deployment!);
    const { code, stderr } = await runCommand("kubernetes-validate", [
      "--strict",
      folder.join("deployment.yaml"),
    ]);
    assert.equal(code, 0, stderr);
  },
});
