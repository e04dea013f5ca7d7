/** Which accelerators can be there at all: what is worth a trial before the first frame. */
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { readVariable } from "../ffmpeg/environment.ts";
import { acceleratorsOf, type Provider } from "./providers.ts";

/** A GPU as Deno's own WebGPU names it. */
export interface Adapter {
  /** Such as "NVIDIA H200" or "llvmpipe (LLVM 15.0.6, 256 bits)". */
  readonly description: string;
  /** Whether it is a program on the CPU. */
  readonly isSoftware: boolean;
}

/** Variables with which a user points to a driver, and with that asks for it to be tried. */
const DRIVER_VARIABLES = ["VK_DRIVER_FILES", "VK_ICD_FILENAMES"];

const SOFTWARE_NAMES = /llvmpipe|swiftshader|software|basic render/i;

let plausible: Promise<readonly Provider[]> | undefined;

/**
 * The accelerators of this platform that can be expected to start and to beat the CPU. Finding out
 * takes up to 100 ms, once in a process.
 */
export function plausibleAccelerators(): Promise<readonly Provider[]> {
  return plausible ??= findAccelerators();
}

async function findAccelerators(): Promise<readonly Provider[]> {
  const plausible: Provider[] = [];
  for (const provider of acceleratorsOf()) {
    if (provider === "cuda" ? hasCudaPart() : !await whyNoGpu()) plausible.push(provider);
  }
  return plausible;
}

/** The GPU that WebGPU would use; undefined where there is none. */
export async function findAdapter(): Promise<Adapter | undefined> {
  silenceDesktop();
  try {
    const adapter = await navigator.gpu.requestAdapter({ powerPreference: "high-performance" });
    if (!adapter) return undefined;
    const { description, vendor, device } = adapter.info;
    const name = description || `${vendor} ${device}`;
    return { description: name, isSoftware: SOFTWARE_NAMES.test(name) };
  } catch {
    return undefined; // no loader, no driver
  }
}

/**
 * Why WebGPU is not worth a start; undefined where it is, as where the user points to a driver. A start
 * is not free: where no adapter suits it, ONNX Runtime's WebGPU prints warnings that nothing silences.
 */
export async function whyNoGpu(): Promise<string | undefined> {
  if (DRIVER_VARIABLES.some((name) => readVariable(name))) return undefined;
  const adapter = await findAdapter();
  if (adapter === undefined) return "no GPU adapter answers";
  return adapter.isSoftware
    ? `the only adapter is ${adapter.description}, a program on the CPU and slower than cpu`
    : undefined;
}

/**
 * Vulkan's drivers ask for a desktop session although nothing is shown, and on a server they print
 * an error about it that users would take for ours.
 */
function silenceDesktop(): void {
  const name = "XDG_RUNTIME_DIR";
  const { state } = Deno.permissions.querySync({ name: "env", variable: name });
  if (Deno.build.os !== "linux" || state !== "granted" || Deno.env.get(name)) return;
  Deno.env.set(name, "/tmp");
}

/** Whether ONNX Runtime's CUDA library was downloaded; its install script does that when approved. */
function hasCudaPart(): boolean {
  try {
    const main = createRequire(import.meta.url).resolve("onnxruntime-node");
    const { os, arch } = { os: "linux", arch: Deno.build.arch === "aarch64" ? "arm64" : "x64" };
    const folder = join(dirname(main), "..", "bin", "napi-v6", os, arch);
    Deno.statSync(join(folder, "libonnxruntime_providers_cuda.so"));
    return true;
  } catch {
    return false;
  }
}
