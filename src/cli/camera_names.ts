/** What cameras are called that nobody gave a name. */
import { basename, extname } from "node:path";

const LONGEST_NAME = 40;

/** What a camera may be called: it is part of addresses, topics and file names. */
export const CAMERA_NAME = new RegExp(`^[a-z0-9](?:[a-z0-9-]{0,${LONGEST_NAME - 2}}[a-z0-9])?$`);

/**
 * A name for each input, all different: the end of its path ("gate" of rtsp://host/cams/gate), or
 * where that is nothing, not the only one or full of settings its host, or camera-1, camera-2 and so on
 * by position.
 *
 * @param taken Names that are in use already.
 */
export function nameCameras(
  inputs: readonly string[],
  taken: ReadonlySet<string> = new Set(),
): readonly string[] {
  const proposals = inputs.map((input) => [endOfPath(input), hostOf(input)].map(toName));
  const counts = new Map<string, number>();
  for (const name of proposals.flatMap((names) => [...new Set(names)])) {
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const used = new Set(taken);
  return proposals.map((names, at) => {
    const name = names.find((name) => name !== "" && counts.get(name) === 1 && !used.has(name)) ??
      nextNumbered(at + 1, used);
    used.add(name);
    return name;
  });
}

function nextNumbered(from: number, used: ReadonlySet<string>): string {
  let number = from;
  while (used.has(`camera-${number}`)) number++;
  return `camera-${number}`;
}

function endOfPath(input: string): string {
  if (!URL.canParse(input) || !input.includes("://")) {
    const path = input.replace(/^(street|lavfi):.*$/s, "$1");
    return basename(path, extname(path));
  }
  const { pathname } = new URL(input);
  // Some cameras want the password there: /user=admin_password=…_channel=1.
  return /=|%3d/i.test(pathname) ? "" : basename(pathname, extname(pathname));
}

function hostOf(input: string): string {
  return URL.canParse(input) ? new URL(input).host : "";
}

/** The text in the letters that a name may have; "" where nothing is left. */
function toName(text: string): string {
  const letters = text.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-").slice(0, LONGEST_NAME);
  return letters.replace(/^-|-$/g, "");
}
