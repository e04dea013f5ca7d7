import { OutputError } from "../errors.ts";
import { createToken } from "../live/token.ts";

/** As {@link createToken} makes them, or longer ones of a user's own. */
const TOKEN = /^[\w-]{16,}$/;

/**
 * The token that a file holds; a new one is put there first where there is no such file, for its
 * owner alone to read.
 *
 * @throws {OutputError} If the file cannot be read or made, or holds no token.
 */
export async function readToken(path: string): Promise<string> {
  try {
    await Deno.writeTextFile(path, `${createToken()}\n`, { createNew: true, mode: 0o600 });
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw fail(path, reasonOf(error), error);
  }
  const token = (await Deno.readTextFile(path).catch((error) => {
    throw fail(path, reasonOf(error), error);
  })).trim();
  if (!TOKEN.test(token)) {
    throw fail(path, "it holds no token: at least 16 letters, digits, - or _");
  }
  return token;
}

function fail(path: string, state: string, cause?: unknown): OutputError {
  return new OutputError(
    `Cannot use token file ${JSON.stringify(path)}: ${state}. Name another, or a new one.`,
    { output: path },
    { cause },
  );
}

function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/[.\s]+$/, "");
}
