/** Pages without a template engine: values are escaped unless they are markup themselves. */

/** Markup that is inserted as it is. */
export class Markup {
  readonly #text: string;

  /** @param text Trusted: nothing of it is escaped. */
  constructor(text: string) {
    this.#text = text;
  }

  /** The markup. */
  toString(): string {
    return this.#text;
  }
}

/** What may stand in a template. Nothing is shown of undefined and of false. */
export type Insertable = string | number | undefined | false | Markup | readonly Insertable[];

/**
 * A template of markup: `` html`<td>${name}</td>` ``. Text is escaped for elements and for quoted
 * attributes; lists are joined.
 */
export function html(strings: TemplateStringsArray, ...values: readonly Insertable[]): Markup {
  return new Markup(
    strings.reduce((text, part, i) => text + insert(values[i - 1]) + part),
  );
}

/** Data for a script of the page: `<script type="application/json">`. */
export function jsonForScript(value: unknown): Markup {
  // "<" would let a string end the element.
  return new Markup(JSON.stringify(value).replaceAll("<", "\\u003c"));
}

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function insert(value: Insertable): string {
  if (value === undefined || value === false) return "";
  if (value instanceof Markup) return value.toString();
  if (typeof value === "object") return value.map(insert).join("");
  return String(value).replaceAll(/[&<>"']/g, (character) => ESCAPES[character]!);
}
