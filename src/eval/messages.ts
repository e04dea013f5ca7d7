import type { Provider } from "../infer/providers.ts";
import type { ErrorReport } from "../infer/pool/messages.ts";
import type { AnyModel } from "../model/any_model.ts";
import type { Calibration } from "../model/quantize/calibration.ts";
import type { Resolution } from "../model/resolution.ts";
import type { Size } from "../frame/geometry.ts";
import type { AnnotatedPicture } from "./picture.ts";

/** How pictures reach the network: as their own RGB, or as a frame of video, as in the product. */
export const PICTURE_INPUTS = ["rgb", "i420"] as const;

/** One of {@link PICTURE_INPUTS}. */
export type PictureInput = typeof PICTURE_INPUTS[number];

/** What an evaluating thread works with. */
export interface Setup {
  readonly model: AnyModel;
  readonly provider: Provider;
  readonly input: PictureInput;
  readonly skip: "keep" | "zero";
  /** Runs the model in 8 bits. */
  readonly calibration?: Calibration;
  readonly resolutions: readonly Resolution[];
  /** The dataset's class of each class of the network. */
  readonly classOf: Uint8Array<ArrayBuffer>;
  /** How many classes the dataset has. */
  readonly classes: number;
}

/** What became of a picture at one resolution. */
export interface Outcome {
  /** What the network was fed with. */
  readonly networkSize: Size;
  /** As in ConfusionMatrix. */
  readonly counts: Float64Array<ArrayBuffer>;
}

/** What one picture gave. */
export interface Result {
  /** One for each resolution, in their order. */
  readonly outcomes: readonly Outcome[];
  /** uint8 [height, width]: the dataset's class ids at the first resolution. */
  readonly predicted: Uint8Array<ArrayBuffer>;
  /** The picture back, whose buffers travelled with it. */
  readonly picture: AnnotatedPicture;
}

/** What the main thread sends: a set-up once, then pictures one at a time, then the end. */
export type EvalOrder =
  | { readonly kind: "setup"; readonly setup: Setup }
  | { readonly kind: "picture"; readonly picture: AnnotatedPicture }
  | { readonly kind: "quit" };

/** What a thread answers: once for each picture, and when its sessions are freed. */
export type EvalAnswer =
  | { readonly kind: "result"; readonly result: Result }
  | { readonly kind: "failed"; readonly error: ErrorReport }
  | { readonly kind: "stopped" };
