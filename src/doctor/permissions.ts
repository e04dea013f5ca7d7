import { basename } from "node:path";
import type { Finding } from "./finding.ts";

/** One permission, what it is for, and whether segmenting a file needs it. */
interface Need {
  readonly name: string;
  readonly descriptor: Deno.PermissionDescriptor;
  readonly purpose: string;
  readonly flag: string;
  readonly isNeeded: boolean;
}

const NEEDS: readonly Need[] = [
  {
    name: "read",
    descriptor: { name: "read" },
    purpose: "videos, models and the packages",
    flag: "--allow-read",
    isNeeded: true,
  },
  {
    name: "write",
    descriptor: { name: "write", path: "." },
    purpose: "outputs in this folder",
    flag: "--allow-write",
    isNeeded: true,
  },
  {
    name: "ffi",
    descriptor: { name: "ffi", path: "./node_modules" },
    purpose: "ONNX Runtime's library",
    flag: "--allow-ffi=./node_modules",
    isNeeded: true,
  },
  {
    name: "env",
    descriptor: { name: "env", variable: "SEGSTREAM_FFMPEG" },
    purpose: "SEGSTREAM_FFMPEG and SEGSTREAM_FFPROBE",
    flag: "--allow-env=SEGSTREAM_FFMPEG,SEGSTREAM_FFPROBE",
    isNeeded: false,
  },
  {
    name: "sys",
    descriptor: { name: "sys", kind: "cpus" },
    purpose: "the processor's name in reports",
    flag: "--allow-sys=cpus,systemMemoryInfo,loadavg",
    isNeeded: false,
  },
];

/**
 * Asks for each permission whether it was given; the user is not prompted.
 *
 * @param programs What is run: ffmpeg and ffprobe.
 */
export async function examinePermissions(programs: readonly string[]): Promise<Finding[]> {
  const needs = [...NEEDS, ...programs.map(runNeed)];
  return await Promise.all(needs.map(examine));
}

function runNeed(program: string): Need {
  return {
    name: "run",
    descriptor: { name: "run", command: program },
    purpose: basename(program),
    flag: `--allow-run=${program}`,
    isNeeded: true,
  };
}

async function examine(need: Need): Promise<Finding> {
  const { name, descriptor, purpose, flag, isNeeded } = need;
  const { state } = await Deno.permissions.query(descriptor);
  const finding = { area: "permissions", name } as const;
  if (state === "granted") return { ...finding, status: "ok", state: purpose };
  return {
    ...finding,
    status: isNeeded ? "problem" : "absent",
    state: `not given: ${purpose}`,
    mend: `Run segstream with "deno run -P", which takes the set in deno.json, or add ${flag}.`,
  };
}
