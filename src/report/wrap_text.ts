/**
 * Breaks a text into lines of at most `width`: between its words, and a path that is longer than a
 * line behind its slashes.
 */
export function wrapText(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const parts = word.length > width ? word.split(/(?<=\/)/) : [word];
    for (const [i, part] of parts.entries()) {
      const gap = line === "" || i > 0 ? "" : " ";
      if (line !== "" && line.length + gap.length + part.length > width) {
        lines.push(line);
        line = part;
      } else {
        line += gap + part;
      }
    }
  }
  return [...lines, line];
}
