/** How an S3-compatible store is reached: by what the environment of the worker says, and only that. */
import { S3Client } from "@bradenmacdonald/s3-lite-client";
import { InputError, OutputError } from "../errors.ts";
import { readVariable } from "../ffmpeg/environment.ts";
import { oneLine } from "../ffmpeg/redact.ts";

/** An object: its bucket and its key. */
export interface S3Name {
  readonly bucketName: string;
  readonly key: string;
}

/**
 * Takes `s3://bucket/key` apart.
 *
 * @throws {TypeError} If it has no bucket or no key.
 */
export function parseS3(name: string): S3Name {
  const [, bucketName, key] = /^s3:\/\/([^/]+)\/(.+)$/.exec(name) ?? [];
  if (bucketName !== undefined && key !== undefined) return { bucketName, key };
  throw new TypeError(`Cannot use ${JSON.stringify(name)}: write s3://bucket/key.`);
}

/**
 * Makes a client from AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_REGION and
 * AWS_ENDPOINT_URL, the variables that every S3 tool reads.
 *
 * @throws {TypeError} If there is no key.
 */
export function openS3Client(): S3Client {
  const accessKey = readVariable("AWS_ACCESS_KEY_ID");
  const secretKey = readVariable("AWS_SECRET_ACCESS_KEY");
  const sessionToken = readVariable("AWS_SESSION_TOKEN");
  const region = readVariable("AWS_REGION") ?? "us-east-1";
  if (accessKey === undefined || secretKey === undefined) {
    throw new TypeError(
      "Cannot use s3:// names: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set. Set them " +
        "where the workers run.",
    );
  }
  return new S3Client({
    endPoint: readVariable("AWS_ENDPOINT_URL") ?? `https://s3.${region}.amazonaws.com`,
    region,
    accessKey,
    secretKey,
    ...(sessionToken && { sessionToken }),
  });
}

/** Whether an error of the store says that there is no such object. */
export function isMissing(error: unknown): boolean {
  return statusOf(error) === 404;
}

/** The error for an object that cannot be read. */
export function s3ReadError(client: S3Client, name: string, cause: unknown): InputError {
  const message = `Cannot read ${JSON.stringify(name)}: ${describe(client, cause)}`;
  return new InputError(message, { input: name }, { cause });
}

/** The error for an object that cannot be written. */
export function s3WriteError(client: S3Client, name: string, cause: unknown): OutputError {
  const message = `Cannot write ${JSON.stringify(name)}: ${describe(client, cause)}`;
  return new OutputError(message, { output: name }, { cause });
}

function describe({ host }: S3Client, cause: unknown): string {
  const text = oneLine(cause instanceof Error ? cause.message : String(cause)).replace(/\.$/, "");
  if (cause instanceof Deno.errors.NotCapable) {
    return `Deno was not given leave to reach the store. Add --allow-net=${host} behind -P.`;
  }
  const status = statusOf(cause);
  if (status === 403 || status === 401) {
    return `the store refuses it (${text}). Check the AWS_ variables and the bucket's policy.`;
  }
  if (status === 404) return `the store has no such bucket or object (${text}). Check the name.`;
  if (status !== undefined) return `the store answers ${status} (${text}).`;
  return `the store at ${host} cannot be reached (${text}). Check AWS_ENDPOINT_URL.`;
}

function statusOf(error: unknown): number | undefined {
  const status = error instanceof Error && "statusCode" in error ? error.statusCode : undefined;
  return typeof status === "number" ? status : undefined;
}
