import type { Rgb } from "../../frame/colour.ts";
import { CLASS, CLEAR, paint } from "./paint.ts";
import { between, type Random, tileableNoise } from "./random.ts";
import { Sheet, type Texture } from "./texture.ts";

/** What grows and what bounds a lot. */
export interface Greenery {
  /** Whole trees, trunk included, cut out of their background. */
  readonly trees: readonly Texture[];
  /** A clipped hedge, 8 m of it. */
  readonly hedge: Texture;
  /** A far line of tree tops, cut out, for the end of the street. */
  readonly skyline: Texture;
  /** Upright bars, cut out, 4 m of them. */
  readonly fence: Texture;
  /** Bricks, 8 m of them. */
  readonly wall: Texture;
}

const LEAVES: readonly Rgb[] = [
  [72, 92, 44],
  [84, 102, 48],
  [62, 86, 46],
  [94, 104, 52],
];

/** Draws all greenery of one street. */
export function paintGreenery(random: Random): Greenery {
  const noise = tileableNoise(random, 256, { first: 8, count: 5 });
  return {
    trees: LEAVES.map((leaves) => paintTree(random, leaves)),
    hedge: paintHedge(random, noise),
    skyline: paintSkyline(random, noise),
    fence: paintFence(),
    wall: paintWall(random, noise),
  };
}

/** A crown of thousands of leaf clusters, lit from above, over a forked trunk. */
function paintTree(random: Random, leaves: Rgb): Texture {
  const side = 512;
  const sheet = new Sheet(side, side, CLEAR);
  const bark = paint([74, 64, 54], CLASS.vegetation);
  const middle = side / 2;
  for (let y = 200; y < side; y++) {
    const half = 7 + ((y - 200) / 312) * 7;
    sheet.rectangle(middle - half, y, middle + half, y + 1, bark);
  }
  const lobes = Array.from({ length: 13 }, () => {
    const angle = between(random, 0, 2 * Math.PI);
    const reach = Math.sqrt(random());
    return {
      x: middle + Math.cos(angle) * reach * 145,
      y: 175 + Math.sin(angle) * reach * 110,
      radius: between(random, 55, 95),
    };
  });
  const tones = Array.from({ length: 12 }, (_, tone) => {
    const gain = 0.42 + tone * 0.082;
    return paint(
      [leaves[0] * gain, leaves[1] * gain, leaves[2] * (gain * 0.9 + 0.06)],
      CLASS.vegetation,
    );
  });
  for (let cluster = 0; cluster < 6500; cluster++) {
    const lobe = lobes[Math.floor(random() * lobes.length)]!;
    const angle = between(random, 0, 2 * Math.PI);
    const reach = Math.sqrt(random());
    const x = lobe.x + Math.cos(angle) * reach * lobe.radius;
    const y = lobe.y + Math.sin(angle) * reach * lobe.radius * 0.85;
    // Clusters high on their lobe catch the light.
    const light = 0.5 - (y - lobe.y) / (2.4 * lobe.radius) - (y - 175) / 900;
    const tone = Math.round((light + between(random, -0.22, 0.22)) * tones.length);
    const fill = tones[Math.min(tones.length - 1, Math.max(0, tone))]!;
    blot(sheet, x, y, between(random, 2, 6.5) * (cluster < 1500 ? 1.6 : 1), fill);
  }
  return sheet.finish();
}

/** A leaf-shaped lozenge. */
function blot(sheet: Sheet, x: number, y: number, radius: number, fill: number): void {
  for (let dx = -radius; dx <= radius; dx++) {
    const half = radius - Math.abs(dx) * 0.8;
    sheet.rectangle(x + dx, y - half + dx * 0.4, x + dx + 1, y + half + dx * 0.4, fill);
  }
}

function paintHedge(random: Random, noise: Float32Array): Texture {
  const sheet = new Sheet(256, 64, paint([66, 84, 44], CLASS.vegetation));
  for (let leaf = 0; leaf < 2200; leaf++) {
    const y = between(random, 0, 64);
    const gain = between(random, 0.55, 1.25) * (1.15 - y / 110);
    const fill = paint([70 * gain, 92 * gain, 46 * gain], CLASS.vegetation);
    const x = between(random, 0, 256);
    sheet.rectangle(x, y, x + between(random, 2, 6), y + between(random, 2, 4), fill);
  }
  sheet.roughen(noise, 10);
  return sheet.finish();
}

function paintSkyline(random: Random, noise: Float32Array): Texture {
  const sheet = new Sheet(512, 64, CLEAR);
  const side = 256;
  let roof = 0;
  for (let x = 0; x < 512; x++) {
    if (x % 24 === 0) roof = random() < 0.35 ? between(random, 14, 50) : 0;
    const crown = 26 + noise[(x * 2) & 255]! * 10 + noise[side * 60 + ((x * 5) & 255)]! * 6;
    sheet.rectangle(x, 64 - roof, x + 1, 64, paint([124, 118, 114], CLASS.building));
    sheet.rectangle(x, 64 - crown, x + 1, 64, paint([74, 88, 62], CLASS.vegetation));
  }
  sheet.roughen(noise, 16);
  return sheet.finish();
}

function paintFence(): Texture {
  const sheet = new Sheet(256, 64, CLEAR);
  const bar = paint([66, 66, 64], CLASS.fence);
  sheet.rectangle(0, 6, 256, 10, bar);
  sheet.rectangle(0, 52, 256, 56, bar);
  for (let x = 0; x < 256; x += 8) sheet.rectangle(x, 2, x + 4, 64, bar);
  for (let x = 0; x < 256; x += 128) sheet.rectangle(x, 0, x + 9, 64, bar);
  return sheet.finish();
}

function paintWall(random: Random, noise: Float32Array): Texture {
  const sheet = new Sheet(256, 64, paint([128, 120, 112], CLASS.wall));
  for (let row = 0; row < 64; row += 5) {
    for (let x = (row % 2) * 6 - 6; x < 256; x += 12) {
      const gain = between(random, 0.86, 1.06);
      const brick = paint([142 * gain, 122 * gain, 106 * gain], CLASS.wall);
      sheet.rectangle(x, row + 1, x + 11, row + 5, brick);
    }
  }
  sheet.rectangle(0, 0, 256, 4, paint([158, 154, 148], CLASS.wall));
  sheet.roughen(noise, 10);
  return sheet.finish();
}
