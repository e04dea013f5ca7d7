import type { Size } from "../../frame/geometry.ts";
import { Camera, FAR, NEAR } from "./camera.ts";
import { type Facade, paintFacades } from "./facades.ts";
import { type Greenery, paintGreenery } from "./foliage.ts";
import { Ground } from "./ground.ts";
import { KERB_HEIGHT, Layout, LOOP, type Lot, STREET } from "./layout.ts";
import { face, type Mesh, MeshPainter } from "./mesh.ts";
import { Pen } from "./pen.ts";
import { type Actor, populate, type Stage } from "./population.ts";
import { seededRandom } from "./random.ts";
import { Raster, type Wall } from "./raster.ts";
import { Sky } from "./sky.ts";

/** Metres behind the lens to which things are still considered: long lots reach ahead of it. */
const BEHIND = 40;

/** How deep the buildings are. */
const DEPTH = 14;

/**
 * A moving street in perspective, as a dash camera sees it: what `street:` shows. The scene is a
 * function of the seed and the time alone. Its colours are BT.709 limited range; its class map is
 * exact, the Cityscapes train id of what each luma pixel shows.
 *
 * One thread uses it at a time; nothing of the size of a frame is allocated after construction.
 */
export class StreetScene {
  /** The size of the frames it draws. */
  readonly size: Size;
  readonly #raster: Raster;
  readonly #camera: Camera;
  readonly #sky: Sky;
  readonly #ground: Ground;
  readonly #layout: Layout;
  readonly #facades: readonly Facade[];
  /** The roof of each lot's building. */
  readonly #roofs: readonly (Mesh | undefined)[];
  readonly #greenery: Greenery;
  readonly #actors: readonly Actor[];
  readonly #stage: Stage;
  readonly #meshes: MeshPainter;
  readonly #spareLabels: Uint8Array;
  readonly #wall: Wall;
  /** What is in view, farthest first: positions in a list and their distances. */
  readonly #order: Int32Array;
  readonly #distance: Float64Array;

  /**
   * Lays out and paints the street of `seed`; about a tenth of a second.
   *
   * @throws {RangeError} If a side of `size` is not a positive even integer.
   */
  constructor({ size, seed }: { size: Size; seed: number }) {
    this.size = size;
    this.#raster = new Raster(size);
    this.#camera = new Camera(size);
    const random = seededRandom(seed);
    this.#sky = new Sky(random);
    this.#ground = new Ground(random);
    this.#facades = paintFacades(random);
    this.#greenery = paintGreenery(random);
    const trees = this.#greenery.trees.length;
    this.#layout = new Layout(random, {
      facades: this.#facades.length,
      trees,
    });
    this.#roofs = this.#layout.lots.map((lot) => roofMesh(lot, this.#facades));
    this.#actors = populate(random, this.#layout, trees);
    this.#meshes = new MeshPainter(this.#raster, this.#camera);
    this.#stage = {
      pen: new Pen(this.#raster, this.#camera),
      meshes: this.#meshes,
      tree: (variant, x, z, height) => this.#drawTree(variant, x, z, height, true),
    };
    this.#spareLabels = new Uint8Array(size.width * size.height);
    this.#wall = {
      texture: this.#greenery.hedge,
      ax: 0,
      az: 0,
      bx: 0,
      bz: 0,
      bottom: 0,
      top: 0,
      ua: 0,
      ub: 0,
      gain: 1,
    };
    const most = Math.max(this.#actors.length, this.#layout.lots.length);
    this.#order = new Int32Array(most);
    this.#distance = new Float64Array(most);
  }

  /**
   * Draws the street at `timeUs` microseconds from the start.
   *
   * Shapes: pixels I420 of `size` (1.5 · width · height bytes); labels uint8 [height, width], train
   * ids. Writes every element of both; keeps neither.
   *
   * @throws {RangeError} If a buffer's length does not fit `size`.
   */
  draw(timeUs: number, pixels: Uint8Array, labels: Uint8Array = this.#spareLabels): void {
    const area = this.size.width * this.size.height;
    if (pixels.length !== 1.5 * area || labels.length !== area) {
      throw new RangeError(
        `Cannot draw ${this.size.width}x${this.size.height} into ${pixels.length} bytes of pixels ` +
          `and ${labels.length} labels: they must be ${1.5 * area} and ${area}.`,
      );
    }
    const timeS = timeUs / 1e6;
    const ahead = 8.5 * timeS + 2.4 * Math.sin(0.35 * timeS);
    const sway = 0.06 * Math.sin(0.9 * timeS);
    const pitch = 0.0011 * Math.sin(7.1 * timeS) + 0.0012 * Math.sin(2.3 * timeS);
    this.#camera.place(STREET.lane + sway, pitch);
    this.#raster.target(pixels, labels);
    this.#sky.draw(this.#raster, this.#camera, timeS);
    this.#drawSkyline();
    this.#ground.draw(this.#raster, this.#camera, this.#layout, ahead);
    this.#drawLots(ahead);
    this.#drawActors(timeS, ahead);
  }

  /** What stands where the street ends in haze. */
  #drawSkyline(): void {
    const reach = FAR * 1.2;
    this.#drawWall(this.#greenery.skyline, -reach, FAR, reach, FAR, 0, 14, 8);
  }

  #drawLots(ahead: number): void {
    const { lots } = this.#layout;
    let count = 0;
    for (let index = 0; index < lots.length; index++) {
      const lot = lots[index]!;
      const start = distanceTo(lot.start, ahead);
      if (start < FAR && start + lot.end - lot.start > NEAR) {
        count = this.#insert(count, index, start);
      }
    }
    for (let place = 0; place < count; place++) {
      this.#drawLot(place, count);
    }
  }

  /** Draws the lot at a place in the order of drawing. */
  #drawLot(place: number, count: number): void {
    const index = this.#order[place]!;
    const start = this.#distance[place]!;
    const lot = this.#layout.lots[index]!;
    const { side } = lot;
    const end = start + lot.end - lot.start;
    const edge = side * STREET.pavementEdge;
    const light = side < 0 ? 0.86 : 1.04;
    if (lot.facade === undefined) {
      const back = edge + side * 16;
      const { hedge } = this.#greenery;
      this.#drawWall(hedge, back, start, back, end, 0, 4.5, (end - start) / 8, 0.8);
    } else {
      const facade = this.#facades[lot.facade]!;
      const x = edge + side * lot.setback;
      this.#meshes.draw(this.#roofs[index]!, [facade.roof], x, start, 0);
      const { texture, height, width } = facade;
      const gable = this.#visibleGable(place, count, x, height);
      if (gable > 0) {
        const far = x + side * gable;
        this.#drawWall(texture, x, start, far, start, 0, height, gable / width, 0.76);
      }
      this.#drawWall(texture, x, start, x, end, 0, height, (end - start) / width, light);
    }
    for (const tree of lot.trees) {
      const z = start + tree.z - lot.start;
      this.#drawTree(tree.variant, edge + side * tree.inset, z, tree.height, false);
    }
    if (lot.border === "none") return;
    const texture = this.#greenery[lot.border];
    const top = { fence: 1.25, hedge: 1.5, wall: 1.9 }[lot.border];
    const repeats = (end - start) / 8;
    this.#drawWall(texture, edge, start, edge, end, KERB_HEIGHT, top, repeats, light);
    if (lot.corner) {
      this.#drawWall(texture, edge, start, edge + side * 16, start, KERB_HEIGHT, top, 2, 0.8);
    }
  }

  /**
   * How many metres of the end wall that faces the camera are not hidden by nearer buildings: a
   * building that ends at distance `e` hides what lies farther outwards than its edge · z / e.
   */
  #visibleGable(place: number, count: number, x: number, height: number): number {
    const { lots } = this.#layout;
    const lot = lots[this.#order[place]!]!;
    const z = this.#distance[place]!;
    if (z <= NEAR) return 0;
    const camera = this.#camera;
    const inner = Math.abs(x - camera.x);
    const edge = Math.abs(lot.side * STREET.pavementEdge - camera.x);
    let visible = lot.corner ? 40 : DEPTH;
    for (let nearer = place + 1; nearer < count; nearer++) {
      const other = lots[this.#order[nearer]!]!;
      if (other.side !== lot.side || other.facade === undefined || other.setback > 0) continue;
      const end = this.#distance[nearer]! + other.end - other.start;
      const rise = this.#facades[other.facade]!.height - camera.height;
      if (rise * z < (height - camera.height) * end) continue;
      visible = Math.min(visible, (edge * z) / Math.max(NEAR, end) - inner);
    }
    return visible;
  }

  #drawActors(timeS: number, ahead: number): void {
    const actors = this.#actors;
    let count = 0;
    for (let index = 0; index < actors.length; index++) {
      const z = distanceTo(actors[index]!.along(timeS, ahead), ahead);
      if (z < FAR * 0.8 && z > -6) count = this.#insert(count, index, z);
    }
    for (let place = 0; place < count; place++) {
      actors[this.#order[place]!]!.draw(this.#stage, this.#distance[place]!, timeS);
    }
  }

  /** Puts an item into the order of drawing, which has `count` so far; returns the new count. */
  #insert(count: number, index: number, distance: number): number {
    let place = count;
    while (place > 0 && this.#distance[place - 1]! < distance) {
      this.#distance[place] = this.#distance[place - 1]!;
      this.#order[place] = this.#order[place - 1]!;
      place--;
    }
    this.#distance[place] = distance;
    this.#order[place] = index;
    return count + 1;
  }

  #drawTree(variant: number, x: number, z: number, height: number, onPavement: boolean): void {
    if (z < 1.5) return;
    if (onPavement) {
      const { pen } = this.#stage;
      pen.moveTo(x, KERB_HEIGHT, z);
      pen.groundShadow(height * 0.3, height * 0.25, 0.78);
    }
    const half = height / 2;
    const texture = this.#greenery.trees[variant]!;
    this.#drawWall(texture, x - half, z, x + half, z, KERB_HEIGHT, height, 0.9999);
  }

  #drawWall(
    texture: Wall["texture"],
    ax: number,
    az: number,
    bx: number,
    bz: number,
    bottom: number,
    top: number,
    repeats: number,
    gain = 1,
  ): void {
    const wall = this.#wall;
    wall.texture = texture;
    wall.ax = ax;
    wall.az = az;
    wall.bx = bx;
    wall.bz = bz;
    wall.bottom = bottom;
    wall.top = top;
    wall.ua = 0;
    wall.ub = repeats;
    wall.gain = gain;
    this.#raster.wall(this.#camera, wall);
  }
}

/** Metres from the lens to a place on the loop, from −{@link BEHIND} on. */
function distanceTo(along: number, ahead: number): number {
  const turn = (along - ahead + BEHIND) % LOOP;
  return (turn < 0 ? turn + LOOP : turn) - BEHIND;
}

/** The slope of tiles over a lot's front, if it has a building. */
function roofMesh(lot: Lot, facades: readonly Facade[]): Mesh | undefined {
  if (lot.facade === undefined) return undefined;
  const { height } = facades[lot.facade]!;
  const length = lot.end - lot.start;
  const back = lot.side * 5;
  const ridge = height + 2.4;
  return [
    face(
      [[0, height, 0], [0, height, length], [back, ridge, length], [back, ridge, 0]],
      [-lot.side, 1, 0],
      0,
      1,
      0.9,
    ),
  ];
}
