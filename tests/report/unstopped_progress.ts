/** A program that shows progress on a terminal and ends without stopping it. */
import { startProgress } from "../../src/report/progress.ts";

const output = {
  isTerminal: true,
  columns: () => 80,
  write: (text: string) => void Deno.stdout.writeSync(new TextEncoder().encode(text)),
};
startProgress({ total: 10, output }).update(5);
