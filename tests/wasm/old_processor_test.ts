/** Kernels as V8 compiles them for processors that lack what this one has. */
import assert from "node:assert/strict";
import { runCommand } from "../testing/command.ts";
import { REPOSITORY } from "../testing/repository.ts";

/** Its baseline compiler alone, which every kernel runs through first, with SSE. */
const FLAGS = "--liftoff-only,--no-enable-avx,--no-enable-avx2,--no-enable-fma3";

/** Those that multiply fractions, which is where that compiler errs. */
const TESTS = ["tests/infer/prepare/gamut_test.ts", "tests/overlay/blend_test.ts"];

const isX86 = Deno.build.arch === "x86_64";

Deno.test({
  name: `kernels compute the same without AVX${isX86 ? "" : " (skipped: this is no x86)"}`,
  ignore: !isX86,
  async fn() {
    const args = ["test", "-q", "-P=test", `--v8-flags=${FLAGS}`, ...TESTS];
    const result = await runCommand(Deno.execPath(), args, { cwd: REPOSITORY });
    assert.equal(result.code, 0, new TextDecoder().decode(result.stdout));
  },
});
