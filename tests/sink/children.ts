/** The programs that this process runs, as `ps` tells of them. Linux. */
import { runCommand } from "../testing/command.ts";

/** What marks an encoder among the children, and a copy. */
export const ENCODER: RegExp = / -f nut -i pipe:0 /;

/** The ids of the children that live and whose arguments match. */
async function listChildren(pattern: RegExp): Promise<number[]> {
  const { stdout } = await runCommand("ps", [
    ...["-ww", "-o", "pid=,stat=,args=", "--ppid", String(Deno.pid)],
  ]);
  const lines = new TextDecoder().decode(stdout).split("\n");
  return lines.filter((line) => pattern.test(line) && !/^\s*\d+\s+Z/.test(line))
    .map((line) => parseInt(line));
}

/** The ids of this process's children whose arguments match, once there are any. */
export async function childrenWith(pattern: RegExp): Promise<number[]> {
  for (;;) {
    const found = await listChildren(pattern);
    if (found.length > 0) return found;
  }
}

/** Resolves once no child is left whose arguments match. */
export async function noChildrenWith(pattern: RegExp): Promise<void> {
  while ((await listChildren(pattern)).length > 0);
}
