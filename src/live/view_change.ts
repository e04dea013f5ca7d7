import type { FeedView } from "../report/feed.ts";

const CHECKS: Readonly<Record<keyof FeedView, (value: unknown) => boolean>> = {
  view: (value) => typeof value === "string",
  alpha: (value) => typeof value === "number",
  visible: (value) => Array.isArray(value) && value.every(Number.isInteger),
  legend: (value) => typeof value === "boolean",
  hud: (value) => typeof value === "boolean",
};

/**
 * The change of a view that a client sent. Only its form is checked here; what values a feed takes is
 * for the feed to say.
 *
 * @throws {TypeError} If it is no object, or a field is unknown or of another type.
 */
export function readViewChange(json: unknown): Partial<FeedView> {
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    throw new TypeError('Cannot change the view: send a JSON object, as {"alpha": 0.5}.');
  }
  for (const [field, value] of Object.entries(json)) {
    if (!Object.hasOwn(CHECKS, field)) {
      throw new TypeError(
        `Cannot change the view: there is no ${JSON.stringify(field)}; there are ${
          Object.keys(CHECKS).join(", ")
        }.`,
      );
    }
    if (!CHECKS[field as keyof FeedView](value)) {
      throw new TypeError(
        `Cannot change the view: ${field} cannot be ${JSON.stringify(value).slice(0, 40)}.`,
      );
    }
  }
  return json;
}
