/** A part of a video by time, and how ffmpeg is told to decode that part and no other frame. */

/**
 * A part of a video. Times are microseconds from the start of the container; a frame belongs to the
 * part when `startUs ≤ time < endUs`, so that parts that meet share no frame and miss none.
 */
export interface TimeRange {
  /** The beginning; that of the video where it is absent. Best a keyframe: decoding begins there. */
  readonly startUs?: number | undefined;
  /** The end; that of the video where it is absent. */
  readonly endUs?: number | undefined;
  /** Where the whole video begins: frames are timed from here. The part's first frame by default. */
  readonly originUs?: number | undefined;
}

/** Times are rounded to a microsecond more than once; two frames are never as close as this. */
const TOLERANCE_US = 2;

/** Whether a frame lies before the part. */
export function isBefore(range: TimeRange, ptsUs: number): boolean {
  return range.startUs !== undefined && ptsUs < range.startUs - TOLERANCE_US;
}

/** Whether a frame lies behind the part. */
export function isBehind(range: TimeRange, ptsUs: number): boolean {
  return range.endUs !== undefined && ptsUs >= range.endUs - TOLERANCE_US;
}

/**
 * The options before `-i` that begin to decode at the last keyframe before a time, and leave every
 * timestamp what it is without seeking (`-ss` alone moves them to 0, rounded).
 */
export function seekArguments(startUs: number | undefined): readonly string[] {
  if (startUs === undefined) return [];
  const place = ["-ss", seconds(startUs), "-noaccurate_seek"];
  return [...place, "-copyts", "-start_at_zero"];
}

/**
 * A filter that drops the frames before the first of a time, and none after that; with a comma
 * behind it, and "" without a time.
 */
export function fromFilter(startUs: number | undefined): string {
  if (startUs === undefined) return "";
  return `select=gte(t\\,${seconds(startUs - TOLERANCE_US)})+selected_n,`;
}

/** Microseconds as the decimal seconds that ffmpeg's options take. */
export function seconds(us: number): string {
  return (us / 1e6).toFixed(6);
}
