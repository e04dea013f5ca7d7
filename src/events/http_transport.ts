import type { ReceiverUrl } from "./receiver_url.ts";
import { joinLines } from "./file_transport.ts";
import { LinesRefused, type Transport } from "./transport.ts";

/** What a server answers to lines that it will not take the next time either. */
const REFUSALS: ReadonlySet<number> = new Set([400, 413, 415, 422]);

/** POSTs lines as NDJSON, a batch a request; any 2xx answer takes them. */
export function openHttpTransport({ url, name, user, password }: ReceiverUrl): Transport {
  const headers = new Headers({ "Content-Type": "application/x-ndjson" });
  // fetch() refuses a URL with credentials in it; the header says the same (RFC 7617).
  if (user !== "" || password !== "") {
    const bytes = new TextEncoder().encode(`${user}:${password}`);
    headers.set("Authorization", `Basic ${bytes.toBase64()}`);
  }
  return {
    name,
    async deliver(lines, signal) {
      const response = await post(joinLines(lines), signal);
      await response.body?.cancel();
      if (response.ok) return;
      const answer = `it answers ${response.status} ${response.statusText}`.trim();
      throw REFUSALS.has(response.status) ? new LinesRefused(answer) : new Error(answer);
    },
    close: () => Promise.resolve(),
  };

  async function post(body: string, signal: AbortSignal): Promise<Response> {
    try {
      return await fetch(url, { method: "POST", headers, body, signal });
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw new Error(reasonOf(error), { cause: error });
    }
  }
}

/** The last part of Deno's sentence: the first has the whole URL, whose query may be a key. */
function reasonOf(error: unknown): string {
  const { message, cause } = error instanceof Error ? error : new Error(String(error));
  const detail = cause instanceof Error ? cause.message : message;
  return detail.replace(/^.*?for url \(.*?\): (client error \(Connect\): )?/, "");
}
