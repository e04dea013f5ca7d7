import type { LiveRun } from "./live_run.ts";

/** A viewer of a running stream, as a page is: it keeps all that it gets. */
export interface LiveViewer extends AsyncDisposable {
  /** What came so far. */
  readonly pieces: readonly Uint8Array<ArrayBuffer>[];
  /** Leaves, and gives what came. */
  close(): Promise<readonly Uint8Array<ArrayBuffer>[]>;
}

/** Opens a stream's WebSocket; resolves with the first piece. */
export async function openViewer(run: LiveRun, name: string): Promise<LiveViewer> {
  const socket = new WebSocket(run.at(`/feeds/${name}/stream`).replace(/^http/, "ws"));
  socket.binaryType = "arraybuffer";
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  const first = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<void>();
  socket.onmessage = ({ data }) => {
    pieces.push(new Uint8Array(data as ArrayBuffer));
    first.resolve();
  };
  socket.onerror = () => first.reject(new Error(`The stream of ${name} was refused.`));
  socket.onclose = () => {
    closed.resolve();
    first.reject(new Error(`The stream of ${name} ended before its first piece.`));
  };
  await first.promise;
  const close = async () => {
    socket.close();
    await closed.promise;
    return pieces;
  };
  return { pieces, close, [Symbol.asyncDispose]: async () => void await close() };
}
