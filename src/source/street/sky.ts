import type { Camera } from "./camera.ts";
import { CLASS, paint } from "./paint.ts";
import { type Random, tileableNoise } from "./random.ts";
import type { Raster } from "./raster.ts";

/** Side of the cloud map; it repeats around the sky. */
const SIDE = 512;

/** A hazy blue sky with soft clouds that drift, brighter and paler towards the horizon. */
export class Sky {
  /** Cloud cover, 0–255. */
  readonly #clouds = new Uint8Array(SIDE * SIDE);
  readonly #zenith = paint([140, 175, 218], CLASS.sky);
  readonly #horizon = paint([226, 233, 240], CLASS.sky);
  readonly #cloud = paint([246, 248, 250], CLASS.sky);

  /** Makes the clouds. */
  constructor(random: Random) {
    const noise = tileableNoise(random, SIDE, { first: 4, count: 6 });
    for (let at = 0; at < noise.length; at++) {
      this.#clouds[at] = Math.min(255, Math.max(0, (noise[at]! + 0.1) * 420));
    }
  }

  /** Fills every row above the horizon. */
  draw(raster: Raster, camera: Camera, timeS: number): void {
    const { width, y, u, v, labels } = raster;
    const rows = Math.min(raster.height, Math.max(0, Math.ceil(camera.horizon)));
    const cloudLuma = this.#cloud & 255;
    const drift = (timeS * 1.5 * 256) | 0;
    const step = ((SIDE / camera.focal) * 0.9 * 256) | 0;
    for (let row = 0; row < rows; row++) {
      const elevation = (camera.horizon - row) / camera.focal;
      const height = Math.min(1, elevation / 0.45);
      const mix = Math.sqrt(height);
      const base = blend(this.#horizon & 255, this.#zenith & 255, mix) | 0;
      const baseU = blend((this.#horizon >> 8) & 255, (this.#zenith >> 8) & 255, mix);
      const baseV = blend((this.#horizon >> 16) & 255, (this.#zenith >> 16) & 255, mix);
      // Clouds lie on a high plane, so they crowd together towards the horizon.
      const cloudRow = ((SIDE * (1 / (elevation + 0.12))) / 9) & (SIDE - 1);
      const cover = (40 + 215 * Math.min(1, height * 2)) | 0;
      const lift = ((cloudLuma - base) * cover) >> 8;
      const line = cloudRow * SIDE;
      const start = row * width;
      labels.fill(CLASS.sky, start, start + width);
      let across = drift;
      for (let at = start; at < start + width; at++, across += step) {
        y[at] = base + ((this.#clouds[line + ((across >> 8) & (SIDE - 1))]! * lift) >> 8);
      }
      if (row & 1) continue;
      const half = (row >> 1) * (width >> 1);
      across = drift;
      for (let at = half; at < half + (width >> 1); at++, across += 2 * step) {
        const cloud = (this.#clouds[line + ((across >> 8) & (SIDE - 1))]! * cover) >> 8;
        u[at] = (baseU * (256 - cloud) + 128 * cloud) / 256;
        v[at] = (baseV * (256 - cloud) + 128 * cloud) / 256;
      }
    }
  }
}

function blend(from: number, to: number, share: number): number {
  return from + (to - from) * share;
}
