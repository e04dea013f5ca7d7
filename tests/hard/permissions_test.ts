/** Each permission that a checkout gives is needed, or said to be for what only some runs do. */
import assert from "node:assert/strict";
import { makeClip } from "../testing/media.ts";
import { type CommandResult, runCommand } from "../testing/command.ts";
import { REPOSITORY, repositoryFiles, repositoryPath } from "../testing/repository.ts";
import { temporaryDirectory } from "../testing/temporary.ts";
import { defaultPermissions, permissionFlags, type Permissions } from "./permissions.ts";

const SMALL = ["--resolution", "64x32", "--workers", "1", "--provider", "cpu", "--quiet"];

const permissions = await defaultPermissions();

/** Runs the program on a clip with these permissions and no others; nobody is asked for more. */
async function runWith(
  granted: Permissions,
  options: { temporary?: string } = {},
): Promise<CommandResult> {
  await using folder = await temporaryDirectory();
  const clip = folder.join("clip.mp4");
  await makeClip(clip, { size: "64x32", frames: 2 });
  const program = ["run", "-q", "--no-prompt", ...permissionFlags(granted), "mod.ts"];
  return await runCommand(Deno.execPath(), [
    ...program,
    ...[clip, "-o", folder.join("out.mp4"), ...SMALL],
  ], {
    cwd: REPOSITORY,
    env: { NO_COLOR: "1", ...(options.temporary && { TMPDIR: options.temporary }) },
  });
}

/** What every run needs, and what the line says when it is missing. */
const NEEDED: readonly { name: string; without: Partial<Permissions>; says: RegExp }[] = [
  { name: "read", without: { read: false }, says: /^segstream: Cannot read .*--allow-read.*\n$/ },
  {
    name: "write",
    without: { write: false },
    says: /^segstream: Cannot write .*--allow-write.*\n$/,
  },
  { name: "run", without: { run: [] }, says: /^segstream: Cannot run .*ffmpeg.*--allow-run.*\n$/ },
  { name: "ffi", without: { ffi: [] }, says: /--allow-ffi/ },
  ...["ffmpeg", "ffprobe"].map((tool) => ({
    name: `run of the bundled ${tool}`,
    without: { run: permissions.run.filter((path) => !path.endsWith(`x64/${tool}`)) },
    says: new RegExp(`^segstream: Cannot run .*${tool}.*--allow-run.*\\n$`),
  })),
];

for (const { name, without, says } of NEEDED) {
  Deno.test({
    name: `segstream names what it lacks and exits with 1, without leave to ${name}`,
    ignore: Deno.build.os !== "linux" || Deno.build.arch !== "x86_64",
    async fn() {
      const { code, stderr } = await runWith({ ...permissions, ...without });
      assert.equal(code, 1, stderr);
      assert.match(stderr, says);
    },
  });
}

Deno.test("segstream runs on a file with no leave to look at the environment", async () => {
  const { code, stderr } = await runWith({ ...permissions, env: [] });
  assert.equal(code, 0, stderr);
});

Deno.test("segstream runs with leave to read itself and its input, and to write beside its output", async () => {
  await using folder = await temporaryDirectory();
  const clip = folder.join("in.mp4");
  await makeClip(clip, { size: "64x32", frames: 2 });
  const narrow = { ...permissions, read: [REPOSITORY, folder.path], write: [folder.path] };
  const program = ["run", "-q", "--no-prompt", ...permissionFlags(narrow), "mod.ts"];
  const args = [...program, clip, "-o", folder.join("out.mp4"), ...SMALL];
  const { code, stderr } = await runCommand(Deno.execPath(), args, { cwd: REPOSITORY });
  assert.equal(code, 0, stderr);
  const outside = [...program, "/etc/hostname", "-o", folder.join("b.mp4"), ...SMALL];
  const refused = await runCommand(Deno.execPath(), outside, { cwd: REPOSITORY });
  assert.equal(refused.code, 1);
  assert.match(
    refused.stderr,
    /Cannot open "\/etc\/hostname": Deno was not given leave to read it/,
  );
});

Deno.test("every environment variable that segstream may read is named where it is read", async () => {
  const texts = await Promise.all(
    (await repositoryFiles("src", ".ts")).map((file) => Deno.readTextFile(repositoryPath(file))),
  );
  const unread = permissions.env.filter((name) => !texts.some((text) => text.includes(name)));
  assert.deepEqual(unread, []);
});

Deno.test("segstream may reach this machine alone: beyond it only ffmpeg does, where it is told to", () => {
  assert.deepEqual(permissions.net, ["127.0.0.1", "localhost", "0.0.0.0"]);
});

Deno.test("ONNX Runtime reports nothing to its maker", async () => {
  // Were it to, it would leave a session file and a log in the temporary folder, beside the uploads.
  assert.ok(permissions.env.includes("ORT_DISABLE_TELEMETRY"), "deno.json gives leave to say so");
  await using temporary = await temporaryDirectory();
  const { code, stderr } = await runWith(permissions, { temporary: temporary.path });
  assert.equal(code, 0, stderr);
  assert.deepEqual([...Deno.readDirSync(temporary.path)], []);
  const library = /(?<!type )\{[^}]*\} from "onnxruntime-node"|import\("onnxruntime-node"\)/;
  for (const file of await repositoryFiles("src", ".ts")) {
    const text = await Deno.readTextFile(repositoryPath(file));
    if (!library.test(text)) continue;
    const [first] = /^import .*$/m.exec(text)!;
    assert.match(first, /"\.\/telemetry\.ts"/, `${file} loads the library before it is silenced`);
  }
});

Deno.test("nothing in src runs a shell", async () => {
  for (const file of await repositoryFiles("src", ".ts")) {
    const text = await Deno.readTextFile(repositoryPath(file));
    assert.doesNotMatch(
      text,
      /node:child_process|shell\s*:\s*true|["'](\/bin\/)?(ba|z)?sh["']|cmd\.exe/,
      file,
    );
  }
});
