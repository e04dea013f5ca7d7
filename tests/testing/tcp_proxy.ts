/** A network that tests can break: connections to one port go on to another, until they are cut. */

/** A proxy on 127.0.0.1. Dispose of it (`using`), and every connection is cut. */
export interface TcpProxy extends Disposable {
  readonly port: number;
  /** Connections that were accepted so far. */
  readonly connectionCount: number;
  /** Breaks every connection off; new ones are taken as before. */
  cut(): void;
  /** Nothing travels any more, and nobody is told; new connections are taken and left unanswered. */
  stall(): void;
  /** Things travel again on the connections that are still there, and on new ones. */
  resume(): void;
}

/** What a server shows to those that speak TLS with it, both as PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** Listens on a port of the system's choice; for TLS, which ends here, where there is a certificate. */
export function startTcpProxy(targetPort: number, certificate?: Certificate): TcpProxy {
  const address = { hostname: "127.0.0.1", port: 0 };
  const listener = certificate
    ? Deno.listenTls({ ...address, ...certificate })
    : Deno.listen(address);
  const open = new Set<Deno.Conn>();
  let connectionCount = 0;
  let flowing = Promise.withResolvers<void>();
  flowing.resolve();
  const cut = () => {
    for (const connection of open) close(connection);
    open.clear();
  };
  const carry = async (from: Deno.Conn, to: Deno.Conn) => {
    const buffer = new Uint8Array(1 << 16);
    for (let count; (count = await from.read(buffer)) !== null;) {
      await flowing.promise;
      for (let sent = 0; sent < count;) sent += await to.write(buffer.subarray(sent, count));
    }
  };
  const serve = async (client: Deno.Conn) => {
    connectionCount++;
    open.add(client);
    await flowing.promise;
    const server = await Deno.connect({ hostname: "127.0.0.1", port: targetPort }).catch(() => {});
    if (server !== undefined) open.add(server);
    if (server !== undefined && open.has(client)) {
      await Promise.race([carry(client, server), carry(server, client)].map(ignoreBreaks));
    }
    for (const connection of [client, server]) {
      if (connection === undefined) continue;
      open.delete(connection);
      close(connection);
    }
  };
  const accept = async () => {
    for await (const client of listener) void serve(client);
  };
  void accept();
  return {
    port: (listener.addr as Deno.NetAddr).port,
    get connectionCount() {
      return connectionCount;
    },
    cut,
    stall() {
      flowing = Promise.withResolvers();
    },
    resume: () => flowing.resolve(),
    [Symbol.dispose]() {
      listener.close();
      flowing.resolve();
      cut();
    },
  };
}

/** A connection that breaks is what this is for. */
function ignoreBreaks(carrying: Promise<void>): Promise<void> {
  return carrying.catch(() => {});
}

function close(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch {
    // It was closed from the other side of it.
  }
}
