/**
 * The errors a caller may want to catch. Wrong arguments are `TypeError` and `RangeError` as
 * everywhere; these are for what goes wrong outside the program. Each message says the action, then
 * the state, then the mend, on one line.
 */

/** ffmpeg or ffprobe could not be started, or ended with an error. */
export class FfmpegError extends Error {
  /** The class, for errors that crossed threads or bundles. */
  override readonly name = "FfmpegError";
  /** The arguments, credentials redacted. */
  readonly args: readonly string[];
  /** The exit code, or null when the process was never started or a signal ended it. */
  readonly exitCode: number | null;
  /** The last lines it printed, credentials redacted. */
  readonly stderrTail: string;

  /** Takes the one-line message, the fields, and `cause` as every error does. */
  constructor(
    message: string,
    fields: { args: readonly string[]; exitCode: number | null; stderrTail: string },
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.args = fields.args;
    this.exitCode = fields.exitCode;
    this.stderrTail = fields.stderrTail;
  }
}

/** The input cannot be read: it is missing, not a video, or nothing in it decodes. */
export class InputError extends Error {
  /** The class, for errors that crossed threads or bundles. */
  override readonly name = "InputError";
  /** The input as the user named it, credentials redacted. */
  readonly input: string;

  /** Takes the one-line message, the fields, and `cause` as every error does. */
  constructor(message: string, fields: { input: string }, options?: ErrorOptions) {
    super(message, options);
    this.input = fields.input;
  }
}

/** An output cannot be written. */
export class OutputError extends Error {
  /** The class, for errors that crossed threads or bundles. */
  override readonly name = "OutputError";
  /** The output as the user named it, credentials redacted. */
  readonly output: string;

  /** Takes the one-line message, the fields, and `cause` as every error does. */
  constructor(message: string, fields: { output: string }, options?: ErrorOptions) {
    super(message, options);
    this.output = fields.output;
  }
}

/** A model is not what it must be. */
export class ModelError extends Error {
  /** The class, for errors that crossed threads or bundles. */
  override readonly name = "ModelError";
  /** The file or the name of the model. */
  readonly model: string;
  /** The tensor in question, where one is. */
  readonly tensor?: string;
  /** What it must be, as text. */
  readonly expected?: string;
  /** What it is. */
  readonly actual?: string;

  /** Takes the one-line message, the fields, and `cause` as every error does. */
  constructor(
    message: string,
    fields: { model: string; tensor?: string; expected?: string; actual?: string },
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.model = fields.model;
    if (fields.tensor !== undefined) this.tensor = fields.tensor;
    if (fields.expected !== undefined) this.expected = fields.expected;
    if (fields.actual !== undefined) this.actual = fields.actual;
  }
}

/** The asked-for execution provider cannot run here. */
export class ProviderError extends Error {
  /** The class, for errors that crossed threads or bundles. */
  override readonly name = "ProviderError";
  /** The name that was asked for. */
  readonly provider: string;

  /** Takes the one-line message, the fields, and `cause` as every error does. */
  constructor(message: string, fields: { provider: string }, options?: ErrorOptions) {
    super(message, options);
    this.provider = fields.provider;
  }
}

/** An inference worker failed on a frame more often than it is retried. */
export class WorkerError extends Error {
  /** The class, for errors that crossed threads or bundles. */
  override readonly name = "WorkerError";
  /** The worker, from 0. */
  readonly worker: number;
  /** Frame number, from 0. */
  readonly frame: number;

  /** Takes the one-line message, the fields, and `cause` as every error does. */
  constructor(message: string, fields: { worker: number; frame: number }, options?: ErrorOptions) {
    super(message, options);
    this.worker = fields.worker;
    this.frame = fields.frame;
  }
}

/** The farm's Redis cannot be used: it is not reached, refuses the login, or is too old. */
export class FarmError extends Error {
  /** The class, for errors that crossed threads or bundles. */
  override readonly name = "FarmError";
  /** The URL of the Redis, credentials redacted. */
  readonly redis: string;

  /** Takes the one-line message, the fields, and `cause` as every error does. */
  constructor(message: string, fields: { redis: string }, options?: ErrorOptions) {
    super(message, options);
    this.redis = fields.redis;
  }
}
