import { setText } from "./badge.js";
import { percent } from "./format.js";

/** @import { ClassEntry } from "../pages.ts" */

/** The legend: what each colour means, how much of the picture it is, and a switch for its tint. */
export class ClassList {
  #rows;
  /** @type {ReadonlySet<number>} */
  #visible = new Set();

  /**
   * @param {Element} list
   * @param {readonly ClassEntry[]} classes
   * @param {(visible: number[]) => void} onChange
   */
  constructor(list, classes, onChange) {
    this.#rows = classes.map((entry) => makeRow(entry));
    for (const { item, button, id } of this.#rows) {
      button.addEventListener("click", () => {
        const change = new Set(this.#visible);
        if (!change.delete(id)) change.add(id);
        onChange([...change].sort((a, b) => a - b));
      });
      list.append(item);
    }
  }

  /** @param {readonly number[]} visible */
  showVisible(visible) {
    this.#visible = new Set(visible);
    for (const { button, id } of this.#rows) {
      button.setAttribute("aria-pressed", String(this.#visible.has(id)));
    }
  }

  /** @param {readonly number[]} shares */
  showShares(shares) {
    for (const { bar, value, id } of this.#rows) {
      const share = shares[id] ?? 0;
      bar.style.transform = `scaleX(${share.toFixed(4)})`;
      setText(value, percent(share));
    }
  }
}

/** @param {ClassEntry} entry */
function makeRow({ id, name, colour }) {
  const item = document.createElement("li");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "class";
  button.dataset.class = name;
  button.title = `Tint ${name} or not`;
  button.style.setProperty("--class", colour);
  const [, label, track, value] = ["swatch", "name", "track", "share"].map((className) => {
    const part = document.createElement("span");
    part.className = className;
    button.append(part);
    return part;
  });
  if (label === undefined || track === undefined || value === undefined) throw new Error();
  label.textContent = name;
  const bar = document.createElement("span");
  track.append(bar);
  item.append(button);
  return { id, item, button, bar, value };
}
