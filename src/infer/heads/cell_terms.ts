import { PointOdds } from "./point_odds.ts";
import type { UpsampleShape } from "./upsample.ts";

/** The classes taken together may shift a confidence by this much; rounding adds half a code. */
const TOLERANCE = 1.45 / 255;

/** Sums of exponentials below this are taken for it: far below a confidence's last bit. */
const TINY = 1e-15;

/** A cell is refused where no corner's winner stays above this, counted from m, at all corners. */
const LOWEST_WINNER = -24;

/** A cell is refused where a term falls below this at a corner: exp would leave float64's range. */
const LOWEST_TERM = -600;

/**
 * The softmax of one cell's pixels as few exponentials of bilinear functions ("terms").
 *
 * Within a cell every logit l_k is bilinear, and so is m, the interpolation of the four corners'
 * maxima; no logit is above m. Confidence is max_k e_k / Σ_k e_k with e_k = exp(l_k − m). The
 * classes that may win in the cell, and as many of the strongest others as it takes, are terms of
 * their own. All the rest R are one term, exp of the bilinear interpolation B of the four corners of
 * f = log Σ_{k∈R} e_k, lowered by 2c, where c = B − f at the centre:
 *
 * - Along a row or a column each l_k − m is linear, hence f (a log-sum-exp) is convex and B − f is
 *   concave; it is never negative, as B interpolates first along one axis and then along the other.
 *   A concave function that is not negative is at most twice its value at the middle of its
 *   interval; along the row and then along the middle column, 0 ≤ B − f ≤ 4c in the whole cell. So
 *   the lowered term's logarithm is within 2c of f.
 * - Let A be the sum of all other terms. Where one class w wins, A ≥ e_w; where v and w win corners,
 *   A ≥ e_v + e_w ≥ 2√(e_v·e_w). Let M be the largest quotient of exp(f) by that bound at a corner:
 *   as the bound's logarithm is bilinear, the quotient's is convex along rows and columns like f,
 *   and M bounds it in the whole cell. Confidence is max/(A + exp f) with max ≤ A, so its slope
 *   along f is at most A·exp(f)/(A + exp f)² ≤ M/(1+M)², or ¼ where M ≥ 1. So the error is at most 2c
 *   times that, and in any case at most M/(1+M) < M.
 *
 * Sums are clamped at TINY, which keeps f convex; where every winner falls so far in the cell that
 * TINY might count, or a term's range is beyond a float64's, the cell is refused.
 *
 * Memory: allocates nothing after construction.
 */
export class CellTerms {
  /** Number of terms. */
  count = 0;
  /**
   * How many terms, from the first on, are classes that may win; 0 where one class wins the whole
   * cell, which is 1 then and not among the terms.
   */
  contenders = 0;
  /** Logarithms of each term at the top left, top right, bottom left and bottom right corner. */
  readonly corners: Float64Array;
  readonly #classes: number;
  readonly #points: number;
  readonly #odds: PointOdds;
  /** exp(logit − m) of each class at the cell's centre; −1 for those that are not of the rest. */
  readonly #centre: Float64Array;
  /** Sums over the rest at the four corners and at the centre. */
  readonly #sums = new Float64Array(5);
  /** The classes that win a corner. */
  readonly #winners: Uint8Array;
  #logits: Float32Array = new Float32Array();
  /** The cell's corners, as grid points. */
  #a = 0;
  #b = 0;
  #c = 0;
  #d = 0;

  constructor({ classes, grid }: UpsampleShape) {
    this.#classes = classes;
    this.#points = grid.width * grid.height;
    this.#odds = new PointOdds(classes, this.#points);
    this.#centre = new Float64Array(classes);
    this.#winners = new Uint8Array(4);
    this.corners = new Float64Array(4 * (classes + 1));
  }

  /** Sets the logits that {@link resolve} reads. */
  read(logits: Float32Array): void {
    this.#odds.read(logits);
    this.#logits = logits;
  }

  /**
   * Finds the terms of the cell between four grid points.
   *
   * @returns False where the logits differ so much that the cell must be evaluated plainly.
   */
  resolve(topLeft: number, topRight: number, bottomLeft: number, bottomRight: number): boolean {
    this.#a = topLeft;
    this.#b = topRight;
    this.#c = bottomLeft;
    this.#d = bottomRight;
    this.count = 0;
    const { winners } = this.#odds;
    const winner = winners[topLeft]!;
    const isUncontested = winner === winners[topRight]! && winner === winners[bottomLeft]! &&
      winner === winners[bottomRight]!;
    this.#weigh();
    this.#winners[0] = winner;
    let winnerCount = 1;
    if (isUncontested) {
      this.#leaveOut(winner);
    } else {
      winnerCount = this.#takeContenders();
      if (!this.#isNear(winnerCount)) return false;
    }
    this.contenders = this.count;
    for (let left = this.#classes; left > 0 && !this.#takeRest(winnerCount); left--) {
      this.#takeStrongest();
    }
    const { corners, count } = this;
    for (let i = 0; i < 4 * count; i++) if (!(corners[i]! > LOWEST_TERM)) return false;
    return true;
  }

  /** Fills the centre's exponentials, and sums all up: exp of a mean is the root of a product. */
  #weigh(): void {
    const { exponentials } = this.#odds;
    const centre = this.#centre;
    const points = this.#points;
    const topLeft = this.#a;
    const topRight = this.#b;
    const bottomLeft = this.#c;
    const bottomRight = this.#d;
    let atTopLeft = 0;
    let atTopRight = 0;
    let atBottomLeft = 0;
    let atBottomRight = 0;
    let atCentre = 0;
    for (let id = 0; id < centre.length; id++) {
      const plane = id * points;
      const a = exponentials[plane + topLeft]!;
      const b = exponentials[plane + topRight]!;
      const c = exponentials[plane + bottomLeft]!;
      const d = exponentials[plane + bottomRight]!;
      const middle = Math.sqrt(Math.sqrt(a * b * c * d));
      centre[id] = middle;
      atTopLeft += a;
      atTopRight += b;
      atBottomLeft += c;
      atBottomRight += d;
      atCentre += middle;
    }
    const sums = this.#sums;
    sums[0] = atTopLeft;
    sums[1] = atTopRight;
    sums[2] = atBottomLeft;
    sums[3] = atBottomRight;
    sums[4] = atCentre;
  }

  /**
   * Makes terms of the corners' winners, and of the classes that none of them matches or exceeds at
   * all four corners: no other can win in the cell. Returns the number of winners.
   */
  #takeContenders(): number {
    const winnersAt = this.#odds.winners;
    const winners = this.#winners;
    const centre = this.#centre;
    let winnerCount = 0;
    for (let corner = 0; corner < 4; corner++) {
      const winner = winnersAt[this.#corner(corner)]!;
      if (centre[winner] === -1) continue;
      winners[winnerCount++] = winner;
      this.#take(winner);
    }
    const { corners } = this;
    const { maxima } = this.#odds;
    const logits = this.#logits;
    for (let id = 0; id < this.#classes; id++) {
      if (centre[id] === -1) continue;
      const plane = id * this.#points;
      const a = logits[plane + this.#a]! - maxima[this.#a]!;
      const b = logits[plane + this.#b]! - maxima[this.#b]!;
      const c = logits[plane + this.#c]! - maxima[this.#c]!;
      const d = logits[plane + this.#d]! - maxima[this.#d]!;
      let isDominated = false;
      for (let i = 0; i < 4 * winnerCount && !isDominated; i += 4) {
        isDominated = corners[i]! >= a && corners[i + 1]! >= b && corners[i + 2]! >= c &&
          corners[i + 3]! >= d;
      }
      if (!isDominated) this.#take(id);
    }
    return winnerCount;
  }

  /** Whether a winner stays so near the maxima that sums below TINY do not count. */
  #isNear(winnerCount: number): boolean {
    const { corners } = this;
    for (let i = 0; i < 4 * winnerCount; i += 4) {
      if (
        Math.min(corners[i]!, corners[i + 1]!, corners[i + 2]!, corners[i + 3]!) > LOWEST_WINNER
      ) return true;
    }
    return false;
  }

  /** Makes a term of the class of the rest whose share in it varies most from corner to corner. */
  #takeStrongest(): void {
    const { exponentials } = this.#odds;
    const centre = this.#centre;
    const sums = this.#sums;
    const points = this.#points;
    const a = 1 / Math.max(sums[0]!, TINY);
    const b = 1 / Math.max(sums[1]!, TINY);
    const c = 1 / Math.max(sums[2]!, TINY);
    const d = 1 / Math.max(sums[3]!, TINY);
    let strongest = 0;
    let widest = -1;
    for (let id = 0; id < centre.length; id++) {
      if (centre[id] === -1) continue;
      const plane = id * points;
      const atA = exponentials[plane + this.#a]! * a;
      const atB = exponentials[plane + this.#b]! * b;
      const atC = exponentials[plane + this.#c]! * c;
      const atD = exponentials[plane + this.#d]! * d;
      const change = Math.abs(atA - atD) + Math.abs(atB - atC);
      if (change > widest) {
        widest = change;
        strongest = id;
      }
    }
    this.#take(strongest);
  }

  /** Makes a term of a class of the rest. */
  #take(id: number): void {
    const { maxima } = this.#odds;
    const logits = this.#logits;
    const plane = id * this.#points;
    const at = 4 * this.count++;
    this.corners[at] = logits[plane + this.#a]! - maxima[this.#a]!;
    this.corners[at + 1] = logits[plane + this.#b]! - maxima[this.#b]!;
    this.corners[at + 2] = logits[plane + this.#c]! - maxima[this.#c]!;
    this.corners[at + 3] = logits[plane + this.#d]! - maxima[this.#d]!;
    this.#leaveOut(id);
  }

  /** Takes a class out of the rest. */
  #leaveOut(id: number): void {
    const { exponentials } = this.#odds;
    const sums = this.#sums;
    const plane = id * this.#points;
    sums[0]! -= exponentials[plane + this.#a]!;
    sums[1]! -= exponentials[plane + this.#b]!;
    sums[2]! -= exponentials[plane + this.#c]!;
    sums[3]! -= exponentials[plane + this.#d]!;
    sums[4]! -= this.#centre[id]!;
    this.#centre[id] = -1;
  }

  /** Makes one term of the rest, or none where it is nothing. Returns false if it may not. */
  #takeRest(winnerCount: number): boolean {
    const sums = this.#sums;
    const a = Math.max(sums[0]!, TINY);
    const b = Math.max(sums[1]!, TINY);
    const c = Math.max(sums[2]!, TINY);
    const d = Math.max(sums[3]!, TINY);
    const middle = Math.max(sums[4]!, TINY);
    if (a + b + c + d <= 4 * TINY) return true;
    const fall = Math.log(Math.sqrt(Math.sqrt(a * b * c * d)) / middle);
    const odds = this.#boundOdds(a, b, c, d, winnerCount);
    const slope = odds < 1 ? odds / ((1 + odds) * (1 + odds)) : 0.25;
    if (2 * fall * slope > TOLERANCE && odds > TOLERANCE) return false;
    const at = 4 * this.count++;
    this.corners[at] = Math.log(a) - 2 * fall;
    this.corners[at + 1] = Math.log(b) - 2 * fall;
    this.corners[at + 2] = Math.log(c) - 2 * fall;
    this.corners[at + 3] = Math.log(d) - 2 * fall;
    return true;
  }

  /** The M of {@link CellTerms} for sums at the four corners. */
  #boundOdds(a: number, b: number, c: number, d: number, winnerCount: number): number {
    if (winnerCount === 1) return Math.max(a, b, c, d);
    const { exponentials } = this.#odds;
    const first = this.#winners[0]! * this.#points;
    let odds = Infinity;
    for (let i = 1; i < winnerCount; i++) {
      const second = this.#winners[i]! * this.#points;
      const atA = exponentials[first + this.#a]! * exponentials[second + this.#a]!;
      const atB = exponentials[first + this.#b]! * exponentials[second + this.#b]!;
      const atC = exponentials[first + this.#c]! * exponentials[second + this.#c]!;
      const atD = exponentials[first + this.#d]! * exponentials[second + this.#d]!;
      const squared = Math.max(a * a / atA, b * b / atB, c * c / atC, d * d / atD);
      odds = Math.min(odds, Math.sqrt(squared) / 2);
    }
    return odds;
  }

  #corner(corner: number): number {
    return corner === 0 ? this.#a : corner === 1 ? this.#b : corner === 2 ? this.#c : this.#d;
  }
}
