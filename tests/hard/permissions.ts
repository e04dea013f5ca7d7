/** The permissions that a checkout gives to the program, as flags that can be taken away one by one. */
import { repositoryPath } from "../testing/repository.ts";

/** A set of permissions as deno.json names them: everything, or a list. */
export interface Permissions {
  readonly read: boolean | readonly string[];
  readonly write: boolean | readonly string[];
  readonly env: readonly string[];
  readonly sys: readonly string[];
  readonly run: readonly string[];
  readonly ffi: readonly string[];
  readonly net: readonly string[];
}

/** The set named "default" in deno.json, which `deno run -P` uses. */
export async function defaultPermissions(): Promise<Permissions> {
  const text = await Deno.readTextFile(repositoryPath("deno.json"));
  return (JSON.parse(text) as { permissions: { default: Permissions } }).permissions.default;
}

/** The same as flags of `deno run`. */
export function permissionFlags(permissions: Permissions): string[] {
  return Object.entries(permissions).flatMap(([kind, granted]) => {
    if (granted === true) return [`--allow-${kind}`];
    const list = granted === false ? [] : granted as readonly string[];
    return list.length === 0 ? [] : [`--allow-${kind}=${list.join(",")}`];
  });
}
