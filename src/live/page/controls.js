import { setText } from "./badge.js";

/** @import { FeedView } from "../../report/feed.ts" */

/**
 * What the server said of the view before it answered may be read after the answer: it comes by
 * another connection. Four messages long nothing that it says is news.
 */
const SETTLING_MS = 1000;

/**
 * Sends changes of the view, one request at a time: what changes while one is under way goes with
 * the next, so that a slider is followed as fast as the server answers and no faster.
 */
export class ViewSender {
  #path;
  #onView;
  #onProblem;
  /** @type {Partial<FeedView>} */
  #pending = {};
  #isBusy = false;
  #answeredAt = -Infinity;

  /**
   * @param {string} path The feed's.
   * @param {(view: FeedView) => void} onView What the feed made of a change.
   * @param {(problem: string) => void} onProblem "" when there is none any more.
   */
  constructor(path, onView, onProblem) {
    this.#path = `${path}/view`;
    this.#onView = onView;
    this.#onProblem = onProblem;
  }

  /** While it is, what the server says of the view may be older than what the page shows. */
  get isAhead() {
    return this.#isBusy || performance.now() - this.#answeredAt < SETTLING_MS;
  }

  /** @param {Partial<FeedView>} change */
  async send(change) {
    Object.assign(this.#pending, change);
    if (this.#isBusy) return;
    this.#isBusy = true;
    while (Object.keys(this.#pending).length > 0) {
      const body = JSON.stringify(this.#pending);
      this.#pending = {};
      await this.#post(body);
    }
    this.#isBusy = false;
    this.#answeredAt = performance.now();
  }

  /** @param {string} body */
  async #post(body) {
    try {
      const answer = await fetch(this.#path, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body,
      });
      if (answer.ok) {
        const view = await answer.json();
        if (Object.keys(this.#pending).length === 0) this.#onView(view);
        this.#onProblem("");
      } else {
        this.#onProblem(answer.status === 400 ? (await answer.json()).error : await answer.text());
      }
    } catch {
      this.#onProblem("segstream does not answer; the change was not made.");
    }
  }
}

/** The switches for the picture: view, strength of the tint, what is written into it. */
export class Controls {
  #form;
  #onChange;
  /** @type {HTMLInputElement[]} */
  #views = [];
  #alpha;
  #alphaValue;
  #legend;
  #hud;

  /**
   * @param {HTMLElement} form
   * @param {readonly string[]} views
   * @param {(change: Partial<FeedView>) => void} onChange
   */
  constructor(form, views, onChange) {
    this.#form = form;
    this.#onChange = onChange;
    this.#alpha = this.#input("alpha");
    this.#alphaValue = /** @type {HTMLElement} */ (form.querySelector("#alpha-value"));
    this.#legend = this.#input("legend");
    this.#hud = this.#input("hud");
    this.#addViews(views);
    this.#alpha.addEventListener(
      "input",
      () => onChange({ alpha: this.#alpha.valueAsNumber / 100 }),
    );
    this.#legend.addEventListener("change", () => onChange({ legend: this.#legend.checked }));
    this.#hud.addEventListener("change", () => onChange({ hud: this.#hud.checked }));
  }

  /** @param {FeedView} view */
  show({ view, alpha, legend, hud }) {
    for (const radio of this.#views) radio.checked = radio.value === view;
    const strength = Math.round(100 * alpha);
    this.#alpha.value = String(strength);
    setText(this.#alphaValue, `${strength}\u2009%`);
    this.#legend.checked = legend;
    this.#hud.checked = hud;
  }

  /** @param {readonly string[]} views */
  #addViews(views) {
    const place = /** @type {HTMLElement} */ (this.#form.querySelector("#views"));
    // A switch with one position is none.
    place.hidden = views.length < 2;
    for (const view of views) {
      const label = document.createElement("label");
      const radio = document.createElement("input");
      radio.type = "radio";
      radio.name = "view";
      radio.value = view;
      radio.addEventListener("change", () => this.#onChange({ view }));
      const name = document.createElement("span");
      name.textContent = view.replaceAll("-", " ");
      label.append(radio, name);
      place.append(label);
      this.#views.push(radio);
    }
  }

  /** @param {string} id */
  #input(id) {
    return /** @type {HTMLInputElement} */ (this.#form.querySelector(`#${id}`));
  }
}
