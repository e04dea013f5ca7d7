/**
 * Runs all tests, in two processes at once: most of them wait for a camera, a server or a browser, and
 * leave a core to others meanwhile. What each prints comes out file by file, as files end. With
 * arguments, it runs the files and folders that they name, in one process.
 */
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { stripVTControlCharacters } from "node:util";

/** Folders whose tests run the whole program; they take about as long as all the others. */
const PROGRAMS = ["camera", "e2e", "hard"];

/** Longer than any test takes: what is silent for so long has stopped. */
const LONGEST_SILENCE_MS = 5 * 60_000;

/** What begins the tests of another file. */
const FILE_BEGINS = /^running \d+ tests? from /;

/** Runs the tests of some files and folders; gives the exit code. */
async function runTests(paths: readonly string[]): Promise<number> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["test", "-q", "-P=test", ...paths],
    stdin: "null",
    stdout: "piped",
    ...(Deno.stdout.isTerminal() ? { env: { FORCE_COLOR: "1" } } : {}),
  }).spawn();
  let block: string[] = [];
  const print = () => {
    for (const line of block) console.log(line);
    block = [];
  };
  const stop = () => {
    console.log("Stopped: no test has ended for five minutes. These were running:");
    child.kill("SIGKILL");
  };
  let silence = setTimeout(stop, LONGEST_SILENCE_MS);
  const input = Readable.from(child.stdout.pipeThrough(new TextDecoderStream()));
  for await (const line of createInterface({ input })) {
    clearTimeout(silence);
    silence = setTimeout(stop, LONGEST_SILENCE_MS);
    if (FILE_BEGINS.test(stripVTControlCharacters(line))) print();
    block.push(line);
  }
  clearTimeout(silence);
  print();
  return (await child.status).code;
}

/** The tests' folders and files, in two halves. */
async function halves(): Promise<readonly (readonly string[])[]> {
  const programs: string[] = [];
  const others: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir("tests")) {
    if (isDirectory || name.endsWith("_test.ts")) {
      (PROGRAMS.includes(name) ? programs : others).push(`tests/${name}`);
    }
  }
  return [programs, others.sort()];
}

const groups = Deno.args.length > 0 ? [Deno.args] : await halves();
const codes = await Promise.all(groups.map(runTests));
Deno.exit(Math.max(...codes));
