/** Ports that systems give to nobody who does not ask for them: theirs begin at 32768, or at 49152. */
const [LOWEST, HIGHEST] = [10_000, 32_767];

/**
 * A port of 127.0.0.1 that nobody listens on, for a server that has to be told one, or that is to come
 * back on the same. Between this and its start the system gives the port to no other connection.
 */
export function freePort(): number {
  for (;;) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST + 1));
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
}
