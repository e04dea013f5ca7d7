import type { Rgb } from "../../frame/colour.ts";
import {
  drawBoard,
  drawBollard,
  drawLamp,
  drawSign,
  drawTrafficLight,
  SIGN_KINDS,
} from "./furniture.ts";
import { KERB_HEIGHT, type Layout, LOOP, STREET } from "./layout.ts";
import type { MeshPainter } from "./mesh.ts";
import { CLASS, paint } from "./paint.ts";
import type { Pen } from "./pen.ts";
import { drawBicycle, drawMotorcycle, drawPerson, drawRider, dress } from "./people.ts";
import { between, pick, type Random } from "./random.ts";
import { type Vehicle, vehiclePaints, VEHICLES } from "./vehicles.ts";

/** What an actor draws itself with. */
export interface Stage {
  /** Draws flat figures. */
  readonly pen: Pen;
  /** Draws vehicles. */
  readonly meshes: MeshPainter;
  /** Draws tree number `variant` of the street. */
  tree(variant: number, x: number, z: number, height: number): void;
}

/** Something that stands or moves between the lots. */
export interface Actor {
  /** Metres from the centre line. */
  readonly x: number;
  /** Metres down the street at a time; any multiple of the loop's length may be added. */
  along(timeS: number, ahead: number): number;
  /** Draws it, `z` metres ahead of the camera. */
  draw(stage: Stage, z: number, timeS: number): void;
}

/** Common car colours; greys, black, white and blues are most of them. */
const BODIES: readonly Rgb[] = [
  [36, 40, 50],
  [28, 29, 34],
  [168, 172, 178],
  [56, 66, 84],
  [210, 212, 214],
  [48, 66, 104],
  [124, 34, 34],
  [58, 76, 70],
  [186, 178, 160],
  [36, 50, 82],
];

/** Everything between the lots of one street, in no order. */
export function populate(random: Random, layout: Layout, trees: number): readonly Actor[] {
  return [
    ...parkedVehicles(random, layout),
    ...traffic(random),
    ...pedestrians(random),
    ...furniture(random, layout, trees),
  ];
}

function vehicle(
  kind: Vehicle,
  body: Rgb,
  x: number,
  yaw: number,
  along: Actor["along"],
): Actor {
  const paints = vehiclePaints(body, kind.label);
  return {
    x,
    along,
    draw: ({ meshes }, z) => {
      meshes.shadow(kind.halfWidth, kind.halfLength, x, z, yaw);
      meshes.draw(kind.mesh, paints, x, z, yaw);
    },
  };
}

function randomCar(random: Random): Vehicle {
  const { hatchback, saloon, estate, van } = VEHICLES;
  return pick<Vehicle>(random, [hatchback, hatchback, saloon, saloon, estate, van]);
}

function parkedVehicles(random: Random, layout: Layout): Actor[] {
  const parked: Actor[] = [];
  for (const side of [-1, 1]) {
    for (let z = 4; z < LOOP - 4; z += between(random, 5.4, 7.2)) {
      const chance = random();
      if ([-5, 0, 5, 10].some((metres) => layout.crossingAt(z + metres))) continue;
      const at = z;
      const x = side * (STREET.roadEdge - 1.12 + between(random, -0.08, 0.08));
      if (chance < 0.62) {
        const yaw = (side < 0 ? Math.PI : 0) + between(random, -0.015, 0.015);
        parked.push(vehicle(randomCar(random), pick(random, BODIES), x, yaw, () => at));
      } else if (chance < 0.68) {
        const body = paint(
          pick<Rgb>(random, [[132, 34, 34], [40, 60, 110], [60, 60, 62]]),
          CLASS.motorcycle,
        );
        parked.push(figure(x, () => at, 0, (pen) => drawMotorcycle(pen, body)));
      }
    }
  }
  return parked;
}

function traffic(random: Random): Actor[] {
  const { bus, truck } = VEHICLES;
  const moving: Actor[] = [];
  const phase = between(random, 0, 6);
  const leader = between(random, 17, 21);
  moving.push(
    vehicle(
      randomCar(random),
      pick(random, BODIES),
      STREET.lane,
      0,
      (timeS, ahead) => ahead + leader + 4 * Math.sin(0.23 * timeS + phase),
    ),
    vehicle(
      randomCar(random),
      pick(random, BODIES),
      STREET.lane,
      0,
      (timeS, ahead) => ahead + leader + 26 + 7 * Math.sin(0.17 * timeS + phase),
    ),
  );
  // Oncoming traffic keeps its distances, so it all drives at one speed.
  let order = 0;
  for (let z = 55; z < LOOP - 20; z += between(random, 22, 52)) {
    order++;
    const start = z;
    const along = (timeS: number) => start - 7.5 * timeS;
    const heavy = order % 8 === 4 ? bus : order % 8 === 6 ? truck : undefined;
    const body: Rgb = heavy === bus ? [170, 160, 138] : pick(random, BODIES);
    moving.push(vehicle(heavy ?? randomCar(random), body, -STREET.lane, Math.PI, along));
  }
  for (let z = 30; z < LOOP - 40; z += between(random, 45, 90)) {
    order++;
    const towards = order % 2 === 1;
    const look = dress(random, CLASS.rider, { towards, pace: 1 });
    const bicycle = paint(
      pick<Rgb>(random, [[60, 62, 66], [130, 46, 40], [50, 84, 110]]),
      CLASS.bicycle,
    );
    const start = z;
    const speed = towards ? -4.2 : 4.2;
    moving.push(
      figure(
        (towards ? -1 : 1) * 3.3,
        (timeS) => start + speed * timeS,
        0,
        (pen, timeS) => drawRider(pen, look, bicycle, timeS),
      ),
    );
  }
  return moving;
}

function pedestrians(random: Random): Actor[] {
  const people: Actor[] = [];
  for (const side of [-1, 1]) {
    for (let z = 12; z < LOOP; z += between(random, 3, 13)) {
      const towards = random() < 0.5;
      const stands = random() < 0.15;
      const speed = stands ? 0 : between(random, 1.1, 1.6) * (towards ? -1 : 1);
      const x = side * between(random, 7.6, 9.4);
      const companions = random() < 0.25 ? 2 : 1;
      for (let person = 0; person < companions; person++) {
        const start = z + person * 0.15;
        const look = dress(random, CLASS.person, { towards, pace: stands ? 0 : 1.8 });
        people.push(
          figure(
            x - side * person * 0.65,
            (timeS) => start + speed * timeS,
            KERB_HEIGHT,
            (pen, timeS) => drawPerson(pen, look, timeS),
          ),
        );
      }
    }
  }
  return people;
}

function furniture(random: Random, layout: Layout, trees: number): Actor[] {
  const standing: Actor[] = [];
  const stand = (x: number, z: number, draw: (pen: Pen, timeS: number) => void) => {
    standing.push(figure(x, () => z, KERB_HEIGHT, draw, "smooth"));
  };
  for (const side of [-1, 1]) {
    for (let z = 9 + (side + 1) * 7; z < LOOP - 5; z += 28) {
      if (!layout.crossingAt(z)) stand(side * 6.6, z, (pen) => drawLamp(pen, -side));
    }
    for (let z = 20; z < LOOP - 5; z += between(random, 14, 30)) {
      const kind = Math.floor(random() * SIGN_KINDS);
      if (!layout.crossingAt(z)) stand(side * 6.7, z, (pen) => drawSign(pen, kind));
    }
    for (let z = 6; z < LOOP - 5; z += between(random, 9, 21)) {
      const variant = Math.floor(random() * trees);
      const height = between(random, 5.5, 8.5);
      const [at, x] = [z, side * between(random, 7, 7.4)];
      if (layout.crossingAt(z + 3) || layout.crossingAt(z - 3) || random() < 0.3) continue;
      standing.push({ x, along: () => at, draw: (stage, z) => stage.tree(variant, x, z, height) });
    }
    for (let z = 16; z < LOOP - 5; z += between(random, 22, 48)) {
      const frame = paint(
        pick<Rgb>(random, [[70, 74, 78], [120, 44, 40], [44, 78, 104]]),
        CLASS.bicycle,
      );
      for (let place = 0; place < 3; place++) {
        const at = z + place * 0.7;
        standing.push(figure(side * 7.6, () => at, KERB_HEIGHT, (pen) => drawBicycle(pen, frame)));
      }
    }
  }
  for (const crossing of layout.crossings) {
    const lit = pick(random, [2, 2, 2, 0]);
    stand(6.65, crossing - 4.8, (pen) => drawTrafficLight(pen, -1, lit));
    stand(-6.65, crossing - 4.8, (pen) => drawTrafficLight(pen, 0, lit));
    stand(7.6, crossing - 34, (pen) => drawBoard(pen));
    for (let post = 0; post < 3; post++) {
      stand(6.5, crossing - 2 - post * 1.4, drawBollard);
      stand(-6.5, crossing - 2 - post * 1.4, drawBollard);
    }
  }
  return standing;
}

/** An actor that is a flat figure standing at height `y`; people and bicycles are `cloth`. */
function figure(
  x: number,
  along: Actor["along"],
  y: number,
  draw: (pen: Pen, timeS: number) => void,
  surface: "smooth" | "cloth" = "cloth",
): Actor {
  return {
    x,
    along,
    draw: ({ pen }, z, timeS) => {
      if (z < 1.5) return;
      pen.moveTo(x, y, z, surface);
      draw(pen, timeS);
    },
  };
}
