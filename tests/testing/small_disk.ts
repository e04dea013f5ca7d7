import { runCommand } from "./command.ts";
import { temporaryDirectory } from "./temporary.ts";

/** A small file system of its own; undefined where this user may not make one. */
export async function smallDisk(path: string, bytes: number): Promise<AsyncDisposable | undefined> {
  if (Deno.build.os !== "linux") return undefined;
  const { code } = await runCommand("mount", ["-t", "tmpfs", "-o", `size=${bytes}`, "tmpfs", path])
    .catch(() => ({ code: 1 }));
  if (code !== 0) return undefined;
  return {
    async [Symbol.asyncDispose]() {
      await runCommand("umount", [path]);
    },
  };
}

/** Whether {@link smallDisk} makes one. */
export const mayMount: boolean = Deno.build.os === "linux" && await canMount();

async function canMount(): Promise<boolean> {
  await using folder = await temporaryDirectory();
  await using disk = await smallDisk(folder.path, 65536);
  return disk !== undefined;
}
