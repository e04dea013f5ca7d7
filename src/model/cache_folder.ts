import { join } from "node:path";

/**
 * The folder for what can be had again: `segstream` in XDG_CACHE_HOME, in LOCALAPPDATA on Windows, or
 * in `.cache` in the home folder; undefined where none of these is known.
 */
export function cacheFolder(): string | undefined {
  const home = readEnvironment("HOME") ?? readEnvironment("USERPROFILE");
  const folder = readEnvironment("XDG_CACHE_HOME") ?? readEnvironment("LOCALAPPDATA") ??
    (home === undefined ? undefined : join(home, ".cache"));
  return folder === undefined ? undefined : join(folder, "segstream");
}

/** Undefined where it is not set or may not be read; nobody is asked for leave. */
function readEnvironment(variable: string): string | undefined {
  const { state } = Deno.permissions.querySync({ name: "env", variable });
  return state === "granted" ? Deno.env.get(variable) || undefined : undefined;
}
