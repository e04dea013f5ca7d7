import type { Condition } from "./condition.ts";

/** A share went over a threshold, one way or the other. */
export interface Crossing {
  /** The condition, as written. */
  readonly when: string;
  /** Where the share is now, as seen from the threshold. */
  readonly state: "above" | "below";
  /** Of the picture, 0 to 1, in the frame that made the crossing count. */
  readonly share: number;
}

interface Watch {
  readonly condition: Condition;
  /** Whether the condition holds, as last told. */
  held: boolean;
  /** Since when the shares say otherwise; undefined while they agree. */
  changingSinceMs: number | undefined;
}

/**
 * Tells when conditions begin and cease to hold, from the class shares of frame after frame.
 *
 * - A condition does not hold before the first frame: one that is true from the start is told then.
 * - It ceases to hold only when the share is back by its hysteresis, so that a share that trembles
 *   about the threshold is told once.
 * - With a duration, both changes must last that long without a break to be told.
 */
export class ConditionWatcher {
  readonly #watches: readonly Watch[];

  /** Watches for these from the next frame on. */
  constructor(conditions: readonly Condition[]) {
    this.#watches = conditions.map((condition) => ({
      condition,
      held: false,
      changingSinceMs: undefined,
    }));
  }

  /**
   * Looks at a frame.
   *
   * @param shares Of the picture by class id, 0 to 1.
   * @param atMs When the frame was; never goes back.
   */
  update(shares: ArrayLike<number>, atMs: number): readonly Crossing[] {
    return this.#watches.flatMap((watch) => {
      const { condition } = watch;
      const share = condition.classIds.reduce((sum, id) => sum + (shares[id] ?? 0), 0);
      if (holdsAt(share, watch) === watch.held) {
        watch.changingSinceMs = undefined;
        return [];
      }
      watch.changingSinceMs ??= atMs;
      if (atMs - watch.changingSinceMs < condition.forMs) return [];
      watch.held = !watch.held;
      watch.changingSinceMs = undefined;
      const beyond = condition.holds === "above" ? "below" : "above";
      return [{ when: condition.text, state: watch.held ? condition.holds : beyond, share }];
    });
  }

  /** The camera is away: what had begun to change, and had not lasted long enough, begins anew. */
  interrupt(): void {
    for (const watch of this.#watches) watch.changingSinceMs = undefined;
  }
}

function holdsAt(share: number, { condition, held }: Watch): boolean {
  const { threshold, hysteresis, holds } = condition;
  if (holds === "above") return share > threshold - (held ? hysteresis : 0);
  return share < threshold + (held ? hysteresis : 0);
}
