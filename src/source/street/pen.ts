import { type Camera, hazeAt } from "./camera.ts";
import type { Paint } from "./paint.ts";
import { GRAIN, type Raster } from "./raster.ts";

/**
 * Draws flat figures that face the camera, in metres about a point on the ground: x to the right,
 * y up. People, signs, lamps and bicycles are such figures; being vectors, they are as sharp as
 * the frame at any distance.
 */
export class Pen {
  /** Where it draws. */
  readonly raster: Raster;
  /** How it sees. */
  readonly camera: Camera;
  #x = 0;
  #row = 0;
  #scale = 0;
  #haze = 0;
  #grain: Int8Array = GRAIN.smooth;

  /** A pen at no place yet: {@link Pen.moveTo} comes first. */
  constructor(raster: Raster, camera: Camera) {
    this.raster = raster;
    this.camera = camera;
  }

  /** Moves the origin to `x`, `y`, `z`; what is drawn there has the grain of `surface`. */
  moveTo(x: number, y: number, z: number, surface: keyof typeof GRAIN = "smooth"): void {
    const { camera } = this;
    this.#scale = camera.focal / z;
    this.#x = camera.centre + (x - camera.x) * this.#scale;
    this.#row = camera.horizon - (y - camera.height) * this.#scale;
    this.#haze = hazeAt(z);
    this.#grain = GRAIN[surface];
  }

  /** An upright rectangle. */
  box(left: number, bottom: number, right: number, top: number, fill: Paint, gain = 1): void {
    this.#corner(0, left, top);
    this.#corner(1, right, top);
    this.#corner(2, right, bottom);
    this.#corner(3, left, bottom);
    this.raster.polygon(4, fill, gain, gain * 0.92, this.#haze, this.#grain);
  }

  /** A straight stroke whose width runs from `w0` at its start to `w1` at its end. */
  limb(
    x0: number,
    y0: number,
    x1: number,
    y1: number,
    w0: number,
    w1: number,
    fill: Paint,
    gain = 1,
  ): void {
    const length = Math.hypot(x1 - x0, y1 - y0) || 1;
    const nx = (y1 - y0) / length / 2;
    const ny = (x0 - x1) / length / 2;
    this.#corner(0, x0 + nx * w0, y0 + ny * w0);
    this.#corner(1, x1 + nx * w1, y1 + ny * w1);
    this.#corner(2, x1 - nx * w1, y1 - ny * w1);
    this.#corner(3, x0 - nx * w0, y0 - ny * w0);
    this.raster.polygon(4, fill, gain, gain * 0.9, this.#haze, this.#grain);
  }

  /** An ellipse of `corners` corners; three and a `turn` make a triangle. */
  disc(
    x: number,
    y: number,
    rx: number,
    ry: number,
    fill: Paint,
    gain = 1,
    corners = 12,
    turn = 0,
  ): void {
    for (let corner = 0; corner < corners; corner++) {
      const angle = turn + (2 * Math.PI * corner) / corners;
      this.#corner(corner, x + rx * Math.cos(angle), y + ry * Math.sin(angle));
    }
    this.raster.polygon(corners, fill, gain, gain * 0.85, this.#haze, this.#grain);
  }

  /** A ring of strokes, such as a bicycle's tyre. */
  ring(x: number, y: number, rx: number, ry: number, thickness: number, fill: Paint): void {
    const corners = 14;
    for (let corner = 0; corner < corners; corner++) {
      const a = (2 * Math.PI * corner) / corners;
      const b = (2 * Math.PI * (corner + 1)) / corners;
      this.limb(
        x + rx * Math.cos(a),
        y + ry * Math.sin(a),
        x + rx * Math.cos(b),
        y + ry * Math.sin(b),
        thickness,
        thickness,
        fill,
      );
    }
  }

  /** A soft dark patch on the ground under the origin, `rx` metres wide and `rz` deep each way. */
  groundShadow(rx: number, rz: number, gain: number): void {
    const { xs, ys } = this.raster;
    const tilt = (this.#row - this.camera.horizon) / (this.camera.focal / this.#scale);
    for (let corner = 0; corner < 10; corner++) {
      const angle = (2 * Math.PI * corner) / 10;
      xs[corner] = this.#x + rx * this.#scale * Math.cos(angle);
      ys[corner] = this.#row + rz * tilt * Math.sin(angle);
    }
    this.raster.shadow(10, gain);
  }

  #corner(index: number, x: number, y: number): void {
    this.raster.xs[index] = this.#x + x * this.#scale;
    this.raster.ys[index] = this.#row - y * this.#scale;
  }
}
