import type { Colour } from "./colour.ts";
import type { Size } from "./geometry.ts";

/** A fraction such as a frame rate or a sample aspect ratio. */
export interface Ratio {
  /** Above the line. */
  readonly numerator: number;
  /** Below the line; not 0. */
  readonly denominator: number;
}

/** What is true of every frame of a stream, as decoded. */
export interface StreamInfo {
  /** Even, after rotation and padding: the geometry of the I420 frames in the ring. */
  readonly size: Size;
  /** Sample aspect ratio, 1:1 for square pixels. */
  readonly sampleAspectRatio: Ratio;
  /** Matrix and range of the samples. */
  readonly colour: Colour;
  /** Average frames a second, for displays and for encoders that want one. */
  readonly frameRate: Ratio;
  /**
   * Microseconds from the start of the container (its earliest stream) to the first video frame:
   * what keeps sound and picture together. Known once the first frame was read; 0 before.
   */
  readonly startUs: number;
  /** How long the video is, in microseconds, where the container says. */
  readonly durationUs?: number;
  /** How many frames there are; the container's word or an estimate, good for progress only. */
  readonly frameCount?: number;
  /** Whether the source has sound to carry over. */
  readonly hasAudio: boolean;
}
