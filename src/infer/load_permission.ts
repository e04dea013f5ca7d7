/** Whether the threads will be able to load what they run, asked before there are any. */
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * Asks for leave to read the program's own files and to load ONNX Runtime's native code. A thread
 * that finds out by itself prints a stack, and is gone before anybody listens to it.
 *
 * @throws {Deno.errors.NotCapable} If leave is refused.
 */
export function requireLoadPermission(module: URL): void {
  if (module.protocol !== "file:") return; // what is downloaded is read from Deno's own cache
  const path = fileURLToPath(module);
  require({ name: "read", path }, "read its own files", dirname(path));
  const library = dirname(createRequire(import.meta.url).resolve("onnxruntime-node"));
  require({ name: "ffi", path: library }, "load ONNX Runtime", "./node_modules");
}

function require(
  descriptor: Deno.ReadPermissionDescriptor | Deno.FfiPermissionDescriptor,
  what: string,
  folder: string,
): void {
  const { state } = Deno.permissions.requestSync(descriptor);
  if (state === "granted") return;
  throw new Deno.errors.NotCapable(
    `Cannot ${what}: Deno was not given leave to. Add --allow-${descriptor.name}, or ` +
      `--allow-${descriptor.name}=${folder}, to the command.`,
  );
}
