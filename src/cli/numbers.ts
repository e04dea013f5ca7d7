import { argument } from "./exit.ts";

/** Parses a list of numbers, comma-separated: "0.485,0.456,0.406". */
export function parseNumbers(count: number): (text: string) => readonly number[] {
  return argument((text) => {
    const parts = text.split(",").map((part) => part.trim());
    const numbers = parts.map(Number);
    const isValid = parts.length === count &&
      parts.every((part, i) => part !== "" && Number.isFinite(numbers[i]));
    if (isValid) return numbers;
    throw new RangeError(
      `It must be ${count} numbers, as in ${Array(count).fill("0.5").join(",")}.`,
    );
  });
}
