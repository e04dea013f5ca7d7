/** What ONNX Runtime says when it cannot load or run a network, as the one line that users get. */
import { ModelError } from "../errors.ts";

/** ONNX Runtime's words and the engine's, where the system gives no more memory. */
const NO_MEMORY = /bad_alloc|failed to allocate memory|array buffer allocation failed/i;

const MEMORY_MEND = "Take a smaller --resolution, or fewer --workers.";

/** The error for a network that was not loaded. */
export function loadError(model: string, cause: unknown): ModelError {
  const text = textOf(cause);
  const message = NO_MEMORY.test(text)
    ? `there is not enough memory for it. ${MEMORY_MEND}`
    : `ONNX Runtime says "${text.split("\n", 1)[0]}". Check that the file is a whole ONNX model.`;
  return new ModelError(`Cannot load model "${model}": ${message}`, { model }, { cause });
}

/** The error for a network that was loaded and did not run. */
export function runError(model: string, cause: unknown): ModelError {
  const text = textOf(cause);
  const [, operator, node] = /running (\w+) node\. Name:'([^']*)'/.exec(text) ?? [];
  const place = operator === undefined ? "ONNX Runtime" : `its ${operator} "${node}"`;
  const message = NO_MEMORY.test(text)
    ? `${place} gets no memory${askedFor(text)}. ${MEMORY_MEND}`
    : `${place} fails, "${
      reasonOf(text)
    }". Check the model with another --resolution or --provider.`;
  return new ModelError(`Cannot run model "${model}": ${message}`, { model }, { cause });
}

/** `, where it asks for 64.0 GiB`, where that is said. */
function askedFor(text: string): string {
  const bytes = Number(/buffer of size (\d+)/.exec(text)?.[1] ?? 0);
  return bytes === 0 ? "" : `, where it asks for ${(bytes / 2 ** 30).toFixed(1)} GiB`;
}

/** Without the node, and without the place in ONNX Runtime's source and the C++ expression there. */
function reasonOf(text: string): string {
  return text.replace(/^.*Status Message: /s, "").split("\n", 1)[0]!
    .replace(/^.* was false\. /, "").trim().replace(/\.$/, "");
}

function textOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
