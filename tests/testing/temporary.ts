import { join } from "node:path";

/** A folder that is removed with all in it when its scope ends (`await using`). */
export interface TemporaryDirectory extends AsyncDisposable {
  readonly path: string;
  /** A path inside. */
  join(...parts: string[]): string;
}

export async function temporaryDirectory(): Promise<TemporaryDirectory> {
  const path = await Deno.makeTempDir({ prefix: "segstream_test_" });
  return {
    path,
    join: (...parts) => join(path, ...parts),
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}
