import { type Camera, hazeAt, NEAR } from "./camera.ts";
import type { Paint } from "./paint.ts";
import type { Raster } from "./raster.ts";

/** A point in metres: right, up and ahead of the middle of the mesh on the ground. */
export type Point = readonly [x: number, y: number, z: number];

/** One flat, convex face; its corners are ordered so that `normal` points out of the body. */
export interface Face {
  /** Three corners or more, in order around the face. */
  readonly corners: readonly Point[];
  /** A unit vector out of the body. */
  readonly normal: Point;
  /** Which of the instance's paints covers it. */
  readonly slot: number;
  /** Light at its highest row. */
  readonly gainTop: number;
  /** Light at its lowest row. */
  readonly gainBottom: number;
}

/** Faces in an order in which painting them one over the other is right from road height. */
export type Mesh = readonly Face[];

/** Makes a face, with the normal that has a positive product with `outward`. */
export function face(
  corners: readonly Point[],
  outward: Point,
  slot: number,
  gainTop = 1,
  gainBottom = 0.85,
): Face {
  const [a, b, c] = [corners[0]!, corners[1]!, corners[2]!];
  const p = [b[0] - a[0], b[1] - a[1], b[2] - a[2]] as const;
  const q = [c[0] - a[0], c[1] - a[1], c[2] - a[2]] as const;
  const cross = [
    p[1] * q[2] - p[2] * q[1],
    p[2] * q[0] - p[0] * q[2],
    p[0] * q[1] - p[1] * q[0],
  ] as const;
  const along = cross[0] * outward[0] + cross[1] * outward[1] + cross[2] * outward[2];
  const scale = Math.sign(along) / (Math.hypot(...cross) || 1);
  const normal: Point = [cross[0] * scale, cross[1] * scale, cross[2] * scale];
  return { corners, normal, slot, gainTop, gainBottom };
}

/** The same face on the other side of the body. */
export function mirrored({ corners, normal, ...rest }: Face): Face {
  return {
    corners: corners.map(([x, y, z]): Point => [-x, y, z]),
    normal: [-normal[0], normal[1], normal[2]],
    ...rest,
  };
}

/** Where the sun stands: behind the camera, to the left, high. A unit vector. */
const SUN: Point = [-0.45, 0.78, -0.43];

/** Paints meshes: turns them, culls what faces away, cuts at the lens, lights, fills. */
export class MeshPainter {
  readonly #raster: Raster;
  readonly #camera: Camera;
  /** Corners in camera space, before and after the cut: x, y, z each. */
  readonly #points = new Float64Array(3 * 24);

  /** Paints into `raster` as `camera` sees. */
  constructor(raster: Raster, camera: Camera) {
    this.#raster = raster;
    this.#camera = camera;
  }

  /**
   * Paints `mesh` standing at (x, z), turned by `yaw` radians from facing ahead. `paints[slot]`
   * covers the faces of a slot.
   */
  draw(mesh: Mesh, paints: readonly Paint[], x: number, z: number, yaw: number): void {
    const sine = Math.sin(yaw);
    const cosine = Math.cos(yaw);
    const camera = this.#camera;
    const haze = hazeAt(Math.max(0, z));
    for (const { corners, normal, slot, gainTop, gainBottom } of mesh) {
      const nx = normal[0] * cosine + normal[2] * sine;
      const nz = normal[2] * cosine - normal[0] * sine;
      const [cornerX, cornerY, cornerZ] = corners[0]!;
      const px = x - camera.x + cornerX * cosine + cornerZ * sine;
      const pz = z + cornerZ * cosine - cornerX * sine;
      if (nx * px + normal[1] * (cornerY - camera.height) + nz * pz >= 0) continue;
      const sun = Math.max(0, nx * SUN[0] + normal[1] * SUN[1] + nz * SUN[2]);
      const light = 0.66 + 0.36 * sun + 0.1 * normal[1];
      const count = this.#project(corners, x, z, sine, cosine);
      if (count < 3) continue;
      this.#raster.polygon(count, paints[slot]!, gainTop * light, gainBottom * light, haze);
    }
  }

  /** Darkens the road under a body of this half width and half length. */
  shadow(halfWidth: number, halfLength: number, x: number, z: number, yaw: number): void {
    const sine = Math.sin(yaw);
    const cosine = Math.cos(yaw);
    for (let ring = 0; ring < 2; ring++) {
      const w = halfWidth + 0.12 * ring;
      const l = halfLength + 0.12 * ring;
      const corners: Point[] = [[-w, 0, -l], [w, 0, -l], [w, 0, l], [-w, 0, l]];
      const count = this.#project(corners, x, z, sine, cosine);
      if (count >= 3) this.#raster.shadow(count, 0.6);
    }
  }

  /** Puts a face's corners on the screen, cut at the near plane; returns how many there are. */
  #project(
    corners: readonly Point[],
    x: number,
    z: number,
    sine: number,
    cosine: number,
  ): number {
    const camera = this.#camera;
    const points = this.#points;
    let behind = 0;
    for (let index = 0; index < corners.length; index++) {
      const corner = corners[index]!;
      const cameraZ = z + corner[2] * cosine - corner[0] * sine;
      points[3 * index] = x - camera.x + corner[0] * cosine + corner[2] * sine;
      points[3 * index + 1] = corner[1] - camera.height;
      points[3 * index + 2] = cameraZ;
      if (cameraZ < NEAR) behind++;
    }
    if (behind === corners.length) return 0;
    let count = 0;
    for (let index = 0; index < corners.length; index++) {
      const from = 3 * index;
      const to = 3 * ((index + 1) % corners.length);
      const fromZ = points[from + 2]!;
      const toZ = points[to + 2]!;
      if (fromZ >= NEAR) this.#put(count++, points[from]!, points[from + 1]!, fromZ);
      if (fromZ >= NEAR !== toZ >= NEAR) {
        const t = (NEAR - fromZ) / (toZ - fromZ);
        const cutX = points[from]! + t * (points[to]! - points[from]!);
        const cutY = points[from + 1]! + t * (points[to + 1]! - points[from + 1]!);
        this.#put(count++, cutX, cutY, NEAR);
      }
    }
    return count;
  }

  #put(index: number, x: number, y: number, z: number): void {
    const { focal, centre, horizon } = this.#camera;
    this.#raster.xs[index] = centre + (focal * x) / z;
    this.#raster.ys[index] = horizon - (focal * y) / z;
  }
}
