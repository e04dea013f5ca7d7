import { type Camera, FAR, HAZE_LUMA, HAZE_U, HAZE_V, hazeAt } from "./camera.ts";
import { KERB_HEIGHT, type Layout, STREET } from "./layout.ts";
import { CLASS, type Paint, paint } from "./paint.ts";
import { type Random, tileableNoise } from "./random.ts";
import type { Raster } from "./raster.ts";

/** Texels a side of a ground texture's first level, and texels a metre on it. */
const SIDE = 512;
const TEXELS_A_METRE = 64;

/** What a stretch of ground is made of: a colour and the roughness of its surface. */
interface Material {
  readonly fill: Paint;
  /** Luma to add, plus 128; levels[n] is (SIDE >> n)² values. */
  readonly levels: readonly Uint8Array[];
}

/**
 * The ground, row by row: all of a row is equally far away, so a row is a few spans between the
 * edges of road, kerb, pavement and lots, each filled from a texture laid on the world.
 */
export class Ground {
  readonly #road: Material;
  readonly #mark: Material;
  readonly #kerb: Material;
  readonly #gutter: Material;
  readonly #pavement: Material;
  readonly #grass: Material;
  readonly #yard: Material;
  /** Stains and repairs: luma to add, plus 128, over 64 m. */
  readonly #stains: Uint8Array;

  /** Makes the surfaces. */
  constructor(random: Random) {
    const noise = tileableNoise(random, SIDE, { first: 16, count: 4 });
    const asphalt = surface(random, noise, (noise) => noise * 12, 9);
    const paving = surface(random, noise, (noise, x, y) => noise * 9 - joint(x, y), 6);
    const grass = surface(random, noise, (noise) => noise * 26, 26);
    this.#road = { fill: paint([104, 105, 108], CLASS.road), levels: asphalt };
    this.#mark = { fill: paint([205, 206, 204], CLASS.road), levels: asphalt };
    this.#gutter = { fill: paint([88, 88, 90], CLASS.road), levels: asphalt };
    this.#kerb = { fill: paint([158, 156, 152], CLASS.sidewalk), levels: asphalt };
    this.#pavement = { fill: paint([150, 144, 140], CLASS.sidewalk), levels: paving };
    this.#yard = { fill: paint([140, 134, 128], CLASS.sidewalk), levels: paving };
    this.#grass = { fill: paint([98, 122, 62], CLASS.terrain), levels: grass };
    const stains = tileableNoise(random, 256, { first: 8, count: 4 });
    this.#stains = Uint8Array.from(stains, (noise) => 128 + noise * 14);
  }

  /** Fills every row below the horizon. `ahead` is how far the camera has driven, in metres. */
  draw(raster: Raster, camera: Camera, layout: Layout, ahead: number): void {
    const first = Math.max(0, Math.floor(camera.horizon));
    for (let row = first; row < raster.height; row++) {
      const drop = Math.max(0.4, row + 0.5 - camera.horizon);
      const metresAPixel = camera.height / drop;
      const z = camera.focal * metresAPixel;
      this.#drawRow(raster, camera, layout, row, z, ahead);
    }
  }

  #drawRow(
    raster: Raster,
    camera: Camera,
    layout: Layout,
    row: number,
    z: number,
    ahead: number,
  ): void {
    const { width } = raster;
    const scale = camera.focal / z;
    const world = z + ahead;
    const column = (x: number) => camera.centre + (x - camera.x) * scale;
    const span = (from: number, to: number, material: Material) =>
      this.#fill(raster, camera, row, z, world, from, to, material);
    // Pavements lie higher, so a row sees them nearer than the road.
    const raised = (camera.height - KERB_HEIGHT) / camera.height;
    const pavementZ = z * raised;
    const pavementColumn = (x: number) => camera.centre + ((x - camera.x) * scale) / raised;
    if (layout.crossingAt(world)) {
      span(0, width, this.#road);
    } else {
      const { roadEdge, pavementEdge } = STREET;
      const roadLeft = column(-roadEdge);
      const roadRight = column(roadEdge);
      const kerbLeft = pavementColumn(-roadEdge);
      const kerbRight = pavementColumn(roadEdge);
      const lotLeft = pavementColumn(-pavementEdge);
      const lotRight = pavementColumn(pavementEdge);
      const place = pavementZ + ahead;
      span(0, lotLeft, layout.isGreenAt(-1, place) ? this.#grass : this.#yard);
      span(lotLeft, kerbLeft, this.#pavement);
      span(kerbLeft, roadLeft, this.#kerb);
      span(roadLeft, roadRight, this.#road);
      span(roadRight, kerbRight, this.#kerb);
      span(kerbRight, lotRight, this.#pavement);
      span(lotRight, width, layout.isGreenAt(1, place) ? this.#grass : this.#yard);
      const gutter = column(-roadEdge + 0.35);
      span(roadLeft, gutter, this.#gutter);
      span(column(roadEdge - 0.35), roadRight, this.#gutter);
    }
    if (z > 140) return;
    layout.marksAt(world, z / scale / camera.height, (from, to) => {
      span(column(from), column(to), this.#mark);
    });
  }

  #fill(
    raster: Raster,
    camera: Camera,
    row: number,
    z: number,
    world: number,
    from: number,
    to: number,
    material: Material,
  ): void {
    const { width, y, u, v, labels } = raster;
    const a = Math.max(0, Math.ceil(from - 0.5));
    const b = Math.min(width, Math.ceil(to - 0.5));
    if (b <= a) return;
    const metresAPixel = z / camera.focal;
    const haze = hazeAt(Math.min(FAR, z));
    const clear = 1 - haze;
    const { fill } = material;
    const base = (((fill & 255) * clear + HAZE_LUMA * haze) * 256 - 128 * 256 * clear * 2) | 0;
    const gain = (clear * 256) | 0;
    // Rows far away are much thinner than they are deep: reduce by the geometric mean.
    const texels = metresAPixel * TEXELS_A_METRE * Math.sqrt(Math.max(1, z / camera.height / 4));
    const level = Math.min(material.levels.length - 1, 31 - Math.clz32(Math.max(1, texels)));
    const side = SIDE >> level;
    const perMetre = TEXELS_A_METRE / (1 << level);
    const texture = material.levels[level]!;
    const line = (Math.floor(world * perMetre) & (side - 1)) * side;
    const stainLine = (Math.floor(world * 4) & 255) << 8;
    const stains = this.#stains;
    const step = (metresAPixel * perMetre * 4096) | 0;
    const stainStep = (metresAPixel * 4 * 4096) | 0;
    const x = camera.x + (a + 0.5 - camera.centre) * metresAPixel + 1024;
    let across = Math.floor(x * perMetre * 4096) | 0;
    let stainAcross = Math.floor(x * 4 * 4096) | 0;
    const start = row * width;
    const mask = side - 1;
    for (let at = start + a; at < start + b; at++, across += step, stainAcross += stainStep) {
      const rough = texture[line + ((across >> 12) & mask)]! +
        stains[stainLine + ((stainAcross >> 12) & 255)]!;
      y[at] = (base + rough * gain) >> 8;
    }
    labels.fill(fill >>> 24, start + a, start + b);
    if (row & 1) return;
    const half = (row >> 1) * (width >> 1);
    const uv = half + ((a + 1) >> 1);
    const end = half + ((b + 1) >> 1);
    u.fill(((fill >> 8) & 255) * clear + HAZE_U * haze, uv, end);
    v.fill(((fill >> 16) & 255) * clear + HAZE_V * haze, uv, end);
  }
}

/** The roughness of a surface: `shape` turns smooth noise at a texel into luma; `grain` is added. */
function surface(
  random: Random,
  noise: Float32Array,
  shape: (noise: number, x: number, y: number) => number,
  grain: number,
): Uint8Array[] {
  const full = new Uint8Array(SIDE * SIDE);
  for (let at = 0; at < full.length; at++) {
    const luma = shape(noise[at]!, at % SIDE, Math.floor(at / SIDE)) + (random() - 0.5) * 2 * grain;
    full[at] = Math.min(255, Math.max(0, 128 + luma));
  }
  const levels: Uint8Array[] = [full];
  for (let side = SIDE; side > 4; side >>= 1) levels.push(halve(levels.at(-1)!, side));
  return levels;
}

/** The dark joints between paving slabs of 0.5 m. */
function joint(x: number, y: number): number {
  const slab = TEXELS_A_METRE / 2;
  const row = Math.floor(y / slab);
  return y % slab < 1 || (x + (row & 1) * (slab / 2)) % slab < 1 ? 22 : 0;
}

function halve(level: Uint8Array, side: number): Uint8Array {
  const half = new Uint8Array((side * side) / 4);
  for (let y = 0; y < side / 2; y++) {
    for (let x = 0; x < side / 2; x++) {
      const at = 2 * y * side + 2 * x;
      half[y * (side / 2) + x] =
        (level[at]! + level[at + 1]! + level[at + side]! + level[at + side + 1]! + 2) >> 2;
    }
  }
  return half;
}
