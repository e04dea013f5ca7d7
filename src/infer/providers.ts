import { ProviderError } from "../errors.ts";

/** What can run a network. `auto` is not one of them: it picks one. */
export const PROVIDERS = ["cpu", "webgpu", "cuda", "coreml", "dml"] as const;

/** One of {@link PROVIDERS}. */
export type Provider = typeof PROVIDERS[number];

/** What users may ask for. */
export type ProviderChoice = Provider | "auto";

/** @throws {RangeError} If `name` is none of them. */
export function parseProvider(name: string): ProviderChoice {
  if (name === "auto" || (PROVIDERS as readonly string[]).includes(name)) {
    return name as ProviderChoice;
  }
  throw new RangeError(
    `Cannot use provider "${name}": there is no such one. Name one of auto, ${
      PROVIDERS.join(", ")
    }.`,
  );
}

/** The accelerators that this platform's ONNX Runtime might start, in the order worth trying. */
export function acceleratorsOf(os: string = Deno.build.os): readonly Provider[] {
  switch (os) {
    case "darwin":
      return ["coreml", "webgpu"];
    case "windows":
      return ["dml", "webgpu"];
    default:
      return ["cuda", "webgpu"];
  }
}

/** The platforms on which a provider exists at all. */
const PLATFORMS: Record<Provider, readonly string[]> = {
  cpu: ["linux", "darwin", "windows"],
  webgpu: ["linux", "darwin", "windows"],
  cuda: ["linux", "windows"],
  coreml: ["darwin"],
  dml: ["windows"],
};

/** One line on why a provider did not start, and what would mend it. */
export function explainProviderFailure(
  provider: Provider,
  cause: unknown,
  os: string = Deno.build.os,
): ProviderError {
  const reason = reasonOf(cause);
  const message = (state: string, mend: string) =>
    new ProviderError(`Cannot start provider "${provider}": ${state}. ${mend}`, { provider }, {
      cause,
    });
  if (!PLATFORMS[provider].includes(os)) {
    return message(
      `it exists on ${PLATFORMS[provider].join(" and ")} only, and this is ${os}`,
      "Use --provider auto or cpu.",
    );
  }
  switch (provider) {
    case "webgpu":
      return message(
        `no GPU adapter answered (${reason})`,
        os === "linux"
          ? "It needs a Vulkan loader and driver: install libvulkan1 and your GPU's driver " +
            "(mesa-vulkan-drivers for Intel and AMD), or use --provider cpu."
          : "Update the graphics driver, or use --provider cpu.",
      );
    case "cuda":
      return message(
        `its libraries are not here (${reason})`,
        "It needs an NVIDIA driver, CUDA 12 with cuDNN 9, and ONNX Runtime's CUDA part, which " +
          "`deno approve-scripts npm:onnxruntime-node` and `deno install` download; or use " +
          "--provider webgpu, which needs no CUDA.",
      );
    default:
      return message(reason, "Use --provider auto or cpu.");
  }
}

/** What ONNX Runtime says, without the C++ expression and the place in its source before it. */
function reasonOf(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  return text.split("\n", 1)[0]!.replace(/^.* was false\. /, "").trim().replace(/\.$/, "");
}
