/** What every place for inputs and outputs is to a worker. */

/** A place for files. All of its writes are one step: a name is there complete, or not at all. */
export interface Storage {
  /** Whether there is a file of that name. */
  exists(name: string): Promise<boolean>;
  /** The text of a small file; undefined where there is none. */
  readText(name: string): Promise<string | undefined>;
  /** Writes a small file into a folder that has a {@link Storage.workspace}. */
  writeText(name: string, text: string): Promise<void>;
  /** What ffmpeg and ffprobe are given to read a file: a path or a URL. */
  readable(name: string): Promise<string>;
  /** A local folder to work in on what belongs into `folder`; made if need be. */
  workspace(folder: string): Promise<Workspace>;
  /** Deletes a folder with all that is in it; there may be none. */
  removeFolder(folder: string): Promise<void>;
}

/** A local folder with copies of what lies in a folder of the storage. */
export interface Workspace extends AsyncDisposable {
  readonly path: string;
  /**
   * Makes a file of the folder readable under its own name in `path`.
   *
   * @param sum Its SHA-256, which is checked where it is copied.
   */
  fetch(file: string, sum: string): Promise<void>;
  /** Gives a finished file in `path` its name in the storage, in one step; it is gone here then. */
  publish(file: string, name: string): Promise<void>;
}

/** A storage that holds something. */
export interface ClosableStorage extends Storage {
  /** The same text with names of the storage in place of what {@link Storage.readable} gave. */
  withNames(text: string): string;
  /** Frees what it holds. */
  close(): Promise<void>;
}
