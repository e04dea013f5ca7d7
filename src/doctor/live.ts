import type { Finding } from "./finding.ts";

/** The port that the documentation uses for `--live`. */
const PORT = 8080;

/** Whether a page can be served. Nothing of segmenting a file needs it. */
export async function examineLive(): Promise<Finding[]> {
  const finding = { area: "live", name: `port ${PORT}` } as const;
  const host = `127.0.0.1:${PORT}` as const;
  const { state } = await Deno.permissions.query({ name: "net", host });
  if (state !== "granted") {
    return [{
      ...finding,
      status: "absent",
      state: "not tried: no leave to use the network was given",
      mend: `A live page needs --allow-net=${host}.`,
    }];
  }
  try {
    Deno.listen({ hostname: "127.0.0.1", port: PORT }).close();
    return [{ ...finding, status: "ok", state: "free" }];
  } catch {
    return [{
      ...finding,
      status: "warning",
      state: "another program uses it",
      mend: "Name another: --live :8081.",
    }];
  }
}
