/** A thread that spins when it is told to: the calibration has one for every core but its own. */
import { spin } from "./spin.ts";

const scope = globalThis as unknown as {
  onmessage: (() => void) | null;
  postMessage(spinMs: number): void;
};

scope.onmessage = () => scope.postMessage(spin());
