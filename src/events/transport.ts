/** Where lines can be carried to: what a sink of events is made of, beside its queue. */

/** Carries lines to one receiver. */
export interface Transport {
  /** The receiver, credentials hidden. */
  readonly name: string;
  /**
   * Hands lines over, all of them. After a failure it is called again with the same list, and not
   * before: one that goes on after its signal is waited for by the next attempt.
   *
   * @param signal Aborted when the attempt takes too long, or the run ends; may be ignored.
   * @throws {LinesRefused} If these lines will never be taken.
   */
  deliver(lines: readonly string[], signal: AbortSignal): Promise<void>;
  /**
   * Tells of the connection, where there is one, from now on: why it is lost and when the next
   * attempt comes, or undefined when it is there again.
   */
  watch?(listener: (trouble: ConnectionTrouble | undefined) => void): void;
  /** Ends connections, whatever is in flight. Called once; never rejects. */
  close(): Promise<void>;
}

/** Why a connection is lost. */
export interface ConnectionTrouble {
  /** Its message is the sentence to show. */
  readonly reason: Error;
  /** Until it is tried again, in milliseconds. */
  readonly delayMs: number;
}

/** The receiver said that it will not take these lines, however often it is asked. */
export class LinesRefused extends Error {
  /** The class, for errors that crossed bundles. */
  override readonly name = "LinesRefused";
}
