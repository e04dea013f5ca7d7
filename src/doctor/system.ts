import { totalmem } from "node:os";
import { readCpuName } from "../bench/environment.ts";
import type { Finding } from "./finding.ts";

/** Named permission sets, which `deno run -P` needs, came with this release. */
const OLDEST_DENO = [2, 5] as const;

/** The least memory that a run at full resolution fits in beside a system, in bytes. */
const SMALL_MEMORY = 2 * 2 ** 30;

/** Looks at the runtime and the machine. */
export function examineSystem(): Finding[] {
  return [deno(), machine()];
}

function deno(): Finding {
  const { deno: version, v8 } = Deno.version;
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const isOld = major < OLDEST_DENO[0] || (major === OLDEST_DENO[0] && minor < OLDEST_DENO[1]);
  return {
    ...{ area: "system", name: "Deno", status: isOld ? "problem" : "ok" },
    state: `${version}, V8 ${v8}, ${Deno.build.os} ${Deno.build.arch}`,
    ...(isOld && { mend: `segstream wants Deno ${OLDEST_DENO.join(".")}: run "deno upgrade".` }),
  };
}

function machine(): Finding {
  const cores = navigator.hardwareConcurrency;
  const parts = [`${cores} core${cores === 1 ? "" : "s"}`];
  const name = readCpuName();
  if (name !== undefined) parts.unshift(name);
  const bytes = readMemory();
  if (bytes !== undefined) parts.push(`${(bytes / 2 ** 30).toFixed(1)} GiB of memory`);
  const isSmall = bytes !== undefined && bytes < SMALL_MEMORY;
  return {
    ...{ area: "system", name: "machine", status: isSmall ? "warning" : "ok" },
    state: parts.join(", "),
    ...(isSmall && { mend: "Use --resolution half or quarter, and --workers 1." }),
  };
}

/** Undefined where it may not be read. */
function readMemory(): number | undefined {
  try {
    return totalmem();
  } catch {
    return undefined;
  }
}
