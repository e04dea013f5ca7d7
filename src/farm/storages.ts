/**
 * Where inputs are read and outputs are put: a directory that all machines see, or an S3-compatible
 * store. Names say which: `/mnt/videos/a.mp4`, `s3://bucket/videos/a.mp4`.
 */
import { DirectoryStorage } from "./directory_storage.ts";
import type { ClosableStorage, Storage } from "./storage.ts";

/** The storages of a worker. */
export interface Storages {
  /** The one that a name belongs to. */
  of(name: string): Storage;
  /** A message in the names that users gave. */
  withNames(text: string): string;
  /** Frees what they hold. */
  close(): Promise<void>;
}

/** Whether a name is one in an S3-compatible store. */
export function isS3(name: string): boolean {
  return name.startsWith("s3://");
}

/**
 * The storages that names can belong to.
 *
 * @param openS3 Opens that of S3, when the first name asks for it.
 */
export function openStorages(openS3: () => ClosableStorage): Storages {
  const directory = new DirectoryStorage();
  let s3: ClosableStorage | undefined;
  return {
    of: (name) => isS3(name) ? s3 ??= openS3() : directory,
    withNames: (text) => s3?.withNames(text) ?? text,
    close: async () => await s3?.close(),
  };
}
