import { createRequire } from "node:module";

/** The version of the ONNX Runtime that is installed, without loading it; "unknown" if it is not. */
export function onnxRuntimeVersion(): string {
  try {
    const require = createRequire(import.meta.url);
    return (require("onnxruntime-node/package.json") as { version: string }).version;
  } catch {
    return "unknown";
  }
}
