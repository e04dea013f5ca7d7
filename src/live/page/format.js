/** How figures are written: always as wide, so that nothing moves when they change. */

/** @import { Size } from "../../frame/geometry.ts" */

const COUNT = new Intl.NumberFormat("en", { useGrouping: true });

/** What stands where there is no figure yet. */
export const NONE = "–";

/** @param {number | undefined} value @param {number} digits */
export function fixed(value, digits) {
  return value === undefined ? NONE : value.toFixed(digits);
}

/** @param {number} value */
export function count(value) {
  // A thin space: a comma would be read as a decimal mark in half of the world.
  return COUNT.format(value).replaceAll(",", "\u2009");
}

/** @param {number} share 0 to 1 */
export function percent(share) {
  return `${(100 * share).toFixed(1)}\u2009%`;
}

/** @param {Size | undefined} size */
export function formatSize(size) {
  return size === undefined ? NONE : `${size.width}×${size.height}`;
}

/**
 * The two largest units: "3 d 4 h", "12 min 5 s".
 *
 * @param {number} ms
 */
export function duration(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const parts = /** @type {const} */ ([
    [Math.floor(seconds / 86400), "d"],
    [Math.floor(seconds / 3600) % 24, "h"],
    [Math.floor(seconds / 60) % 60, "min"],
    [seconds % 60, "s"],
  ]);
  const first = Math.max(0, parts.findIndex(([value]) => value > 0));
  const start = seconds === 0 ? 3 : first;
  return parts.slice(start, start + 2).map(([value, unit]) => `${value}\u2009${unit}`).join(" ");
}
