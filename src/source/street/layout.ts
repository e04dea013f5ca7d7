import { between, type Random } from "./random.ts";

/** Metres from the road's centre line to its kerbs and to the lots behind the pavements. */
export const STREET = { lane: 1.75, parking: 3.9, roadEdge: 6.2, pavementEdge: 9.8 } as const;

/** Metres of the pavements above the road. */
export const KERB_HEIGHT = 0.13;

/** Metres after which the street repeats. */
export const LOOP = 960;

/** Metres of a side street between its kerbs. */
const CROSSING = 14;

/** −1 is the left side of the street, 1 the right. */
export type Side = -1 | 1;

/** A tree in a lot: metres behind the lot's front and along the street. */
export interface LotTree {
  /** Metres behind the lot's front. */
  readonly inset: number;
  /** Metres down the street. */
  readonly z: number;
  /** Metres. */
  readonly height: number;
  /** Which tree it is. */
  readonly variant: number;
}

/** A piece of land beside the street. */
export interface Lot {
  /** The side of the street. */
  readonly side: Side;
  /** Where it begins, metres down the street. */
  readonly start: number;
  /** Where it ends; beyond the loop for the last one. */
  readonly end: number;
  /** What stands at the pavement's edge, where the building does not. */
  readonly border: "fence" | "hedge" | "wall" | "none";
  /** Which front the building shows; undefined for a lot without one. */
  readonly facade: number | undefined;
  /** Metres from the pavement's edge back to the building. */
  readonly setback: number;
  /** Whether the lot begins at a side street. */
  readonly corner: boolean;
  /** The farthest first. */
  readonly trees: readonly LotTree[];
}

/** What there is to choose from. */
export interface Counts {
  /** How many kinds of fronts. */
  readonly facades: number;
  /** How many kinds of trees. */
  readonly trees: number;
}

/** The land use of the street: where side streets cross, what stands on each lot, the road marks. */
export class Layout {
  /** Both sides of the street, in no order. */
  readonly lots: readonly Lot[];
  /** Where each side street begins. */
  readonly crossings: readonly number[];
  readonly #isCrossing = new Uint8Array(LOOP);
  readonly #isGreen = { left: new Uint8Array(LOOP), right: new Uint8Array(LOOP) };

  /** Divides the whole loop. */
  constructor(random: Random, counts: Counts) {
    const crossings: number[] = [];
    for (let z = 58; z < LOOP - 60; z += Math.round(between(random, 90, 130))) crossings.push(z);
    this.crossings = crossings;
    for (const start of crossings) this.#isCrossing.fill(1, start, start + CROSSING);
    const lots: Lot[] = [];
    crossings.forEach((crossing, index) => {
      const next = crossings[index + 1] ?? crossings[0]! + LOOP;
      for (const side of [-1, 1] as const) {
        lots.push(...divide(random, side, crossing + CROSSING, next, counts));
      }
    });
    this.lots = lots;
    for (const lot of lots) {
      if (lot.facade !== undefined && lot.setback === 0) continue;
      const green = lot.side < 0 ? this.#isGreen.left : this.#isGreen.right;
      for (let z = Math.floor(lot.start); z < lot.end; z++) green[z % LOOP] = 1;
    }
  }

  /** Whether a side street crosses `z` metres down the street. */
  crossingAt(z: number): boolean {
    return this.#isCrossing[wrap(z)] === 1;
  }

  /** Whether the lot there is grass, not paved. */
  isGreenAt(side: Side, z: number): boolean {
    return (side < 0 ? this.#isGreen.left : this.#isGreen.right)[wrap(z)] === 1;
  }

  /**
   * Calls `mark` with the edges of each white mark that a line across the road meets, in metres
   * from the centre line. `depth` is how much of the street a row of pixels covers there.
   */
  marksAt(z: number, depth: number, mark: (from: number, to: number) => void): void {
    const place = wrap(z);
    if (this.#isCrossing[place] === 1) return;
    const { parking, roadEdge } = STREET;
    const toCrossing = this.#metresToCrossing(place);
    if (toCrossing > 1.2 && toCrossing <= 4.2) {
      for (let x = -roadEdge + 0.5; x < roadEdge - 0.6; x += 1) mark(x, x + 0.5);
    } else if (toCrossing > 5 && toCrossing <= 5.5) {
      mark(0.1, parking);
    } else if (toCrossing > 5.5) {
      const along = ((z % 9) + 9) % 9;
      if (along < 3 || toCrossing < 16) mark(-0.07, 0.07);
      if (depth < 1.5 && ((z % 6) + 6) % 6 < 5.9) {
        mark(-parking - 0.05, -parking + 0.05);
        mark(parking - 0.05, parking + 0.05);
      }
    }
  }

  #metresToCrossing(place: number): number {
    let nearest = LOOP;
    for (const crossing of this.crossings) {
      const distance = (crossing - place + LOOP) % LOOP;
      if (distance < nearest) nearest = distance;
    }
    return nearest;
  }
}

/** Splits one side of a block into lots. */
function divide(
  random: Random,
  side: Side,
  start: number,
  end: number,
  counts: Counts,
): Lot[] {
  const lots: Lot[] = [];
  let from = start + 3.5;
  const last = end - 3.5;
  while (from < last - 6) {
    const wanted = from + between(random, 11, 24);
    const to = wanted > last - 10 ? last : wanted;
    const use = random();
    const corner = lots.length === 0;
    const facade = use < 0.86 ? Math.floor(random() * counts.facades) : undefined;
    const setback = use < 0.58 ? 0 : between(random, 4, 8);
    const border = setback === 0 ? "none" : borderOf(random());
    const trees: LotTree[] = [];
    const spacing = facade === undefined ? 5 : 9;
    for (
      let z = from + 2;
      setback > 0 && z < to - 1;
      z += between(random, spacing - 1, spacing + 3)
    ) {
      trees.push({
        inset: facade === undefined ? between(random, 2, 12) : between(random, 1.6, setback - 1),
        z,
        height: facade === undefined ? between(random, 6, 10) : between(random, 3.5, 6.5),
        variant: Math.floor(random() * counts.trees),
      });
    }
    trees.sort((a, b) => b.z - a.z);
    lots.push({ side, start: from, end: to, border, facade, setback, corner, trees });
    from = to;
  }
  return lots;
}

function borderOf(chance: number): Lot["border"] {
  if (chance < 0.3) return "fence";
  if (chance < 0.6) return "hedge";
  return chance < 0.85 ? "wall" : "none";
}

/** The whole metre of the loop that holds `z`. */
function wrap(z: number): number {
  return ((Math.floor(z) % LOOP) + LOOP) % LOOP;
}
