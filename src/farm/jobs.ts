/**
 * What stands in the queue. Everything that a worker needs to know is in here, in plain JSON, and no
 * password: those are in the environment of the workers.
 */
import type { SegmentVideoOptions } from "../segment_video.ts";

/** How a file is segmented: the options of `segmentVideo()` that are the same on any machine. */
export type SegmentChoice = Pick<
  SegmentVideoOptions,
  | ("model" | "resolution" | "precision" | "head")
  | ("view" | "alpha" | "classes" | "hide" | "legend")
  | ("encoder" | "crf" | "preset")
>;

/** One file to segment. */
export interface FileJob {
  /** A path that every worker sees, a URL, or `s3://bucket/key`. */
  readonly input: string;
  /** The video, in the same form. */
  readonly output: string;
  /** Class maps as FFV1 in Matroska, where they are wanted. */
  readonly masks?: string | undefined;
  /** How long a part is, in milliseconds. */
  readonly chunkMs: number;
  /** Whether outputs that exist are replaced. */
  readonly overwrite: boolean;
  readonly segment: SegmentChoice;
  /** Milliseconds of the epoch. */
  readonly submittedAt: number;
  /** Once a worker has looked into the file. */
  readonly plan?: FilePlan | undefined;
  /** Once the outputs have their names. */
  readonly result?: FileResult | undefined;
}

/** How a file is cut. */
export interface FilePlan {
  /** When its first frame comes, in microseconds from the start of the container. */
  readonly originUs: number;
  /** Where parts begin, the first excepted. */
  readonly cutsUs: readonly number[];
  /** What all parts are computed with, so that they match. */
  readonly precision: "fp32" | "int8";
  /** The container's word for how many frames there are. */
  readonly frameCount: number | undefined;
}

/** One part of a file. */
export interface ChunkJob {
  /** The id of the file's job. */
  readonly file: string;
  readonly input: string;
  /** The folder that the pieces go to. */
  readonly work: string;
  readonly originUs: number;
  /** The beginning; the file's where it is absent. */
  readonly startUs?: number | undefined;
  /** The end; the file's where it is absent. */
  readonly endUs?: number | undefined;
  readonly hasMasks: boolean;
  readonly segment: SegmentChoice;
}

/** A part that is done: what is needed to join it, and to see that it was joined right. */
export interface Piece {
  readonly frames: number;
  /** Of its first and last frame, in microseconds from the start of the container. */
  readonly startUs: number;
  readonly lastUs: number;
  /** SHA-256 of the piece of video, and of the piece of class maps. */
  readonly sums: { readonly video: string; readonly masks?: string | undefined };
  readonly notes: readonly string[];
}

/** What became of a part: a piece, or why the file cannot be cut where the part begins. */
export type ChunkResult =
  | { readonly isWhole: true; readonly piece: Piece }
  | { readonly isWhole: false; readonly reason: string };

/** What became of a file. */
export interface FileResult {
  readonly frames: number;
  readonly parts: number;
  /** From its submission to its last name, in milliseconds. */
  readonly tookMs: number;
  readonly notes: readonly string[];
}

/** A camera to be watched until it is cancelled. */
export interface CameraJob {
  /** The URL without user and password. */
  readonly url: string;
  /** What people call it. */
  readonly name: string;
  /** Where recordings go: a folder that every worker sees. */
  readonly output?: string | undefined;
  readonly segment: SegmentChoice;
}

/** The part of a file between two cuts. */
export interface Part {
  readonly startUs: number | undefined;
  readonly endUs: number | undefined;
}

/** The parts that a plan's cuts make, in order. */
export function partsOf({ cutsUs }: Pick<FilePlan, "cutsUs">): readonly Part[] {
  const edges = [undefined, ...cutsUs, undefined];
  return edges.slice(1).map((endUs, index) => ({ startUs: edges[index], endUs }));
}

/** What a part and its piece are called: unlike its number it stays when other cuts are given up. */
export function partName({ startUs, endUs }: Part): string {
  return `${startUs ?? 0}-${endUs ?? "end"}`;
}

/** The name of what lies below a folder or below `s3://bucket/prefix`. */
export function below(folder: string, name: string): string {
  return `${folder.replace(/\/+$/, "")}/${name}`;
}
