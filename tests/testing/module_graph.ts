import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";
import { runCommand } from "./command.ts";
import { repositoryFiles, repositoryPath } from "./repository.ts";
import { temporaryDirectory } from "./temporary.ts";

/**
 * Who imports whom: for each file of mod.ts and src, relative to the repository, what it imports,
 * types included: files of the repository in the same form, everything else as "npm:name@version" or
 * "node:name".
 */
export type ModuleGraph = ReadonlyMap<string, readonly string[]>;

interface DenoInfo {
  readonly modules: readonly {
    readonly specifier: string;
    readonly dependencies?: readonly {
      readonly code?: { readonly specifier?: string; readonly error?: string };
      readonly type?: { readonly specifier?: string; readonly error?: string };
    }[];
  }[];
}

/**
 * The graph that `deno info` sees. Every file of src is a root, so that workers, which nothing
 * imports, are in it as well.
 */
export async function loadModuleGraph(): Promise<ModuleGraph> {
  const roots = await sourceFiles();
  await using directory = await temporaryDirectory();
  const entry = directory.join("all.ts");
  const imports = roots.map((path) => `import "${pathToFileURL(repositoryPath(path))}";\n`);
  await Deno.writeTextFile(entry, imports.join(""));
  const args = ["info", "--json", "--config", repositoryPath("deno.json"), entry];
  const result = await runCommand(Deno.execPath(), args);
  assert.equal(result.code, 0, result.stderr);
  const info = JSON.parse(new TextDecoder().decode(result.stdout)) as DenoInfo;
  const top = pathToFileURL(repositoryPath("/")).href;
  const graph = new Map<string, string[]>();
  for (const module of info.modules) {
    if (!module.specifier.startsWith(top)) continue;
    const targets = (module.dependencies ?? []).flatMap(({ code, type }) => [code, type]);
    graph.set(
      module.specifier.slice(top.length),
      targets.flatMap((target) => target?.specifier ?? []).map((specifier) =>
        specifier.startsWith(top) ? specifier.slice(top.length) : specifier
      ),
    );
  }
  return graph;
}

/** mod.ts, once it exists, and all of src. */
export async function sourceFiles(): Promise<string[]> {
  const files = await repositoryFiles("src", ".ts");
  try {
    await Deno.stat(repositoryPath("mod.ts"));
    return ["mod.ts", ...files];
  } catch {
    return files;
  }
}

/** The first import cycle found, as the files along it; undefined when there is none. */
export function findCycle(graph: ModuleGraph): string[] | undefined {
  const done = new Set<string>();
  const trail: string[] = [];
  const visit = (file: string): string[] | undefined => {
    if (trail.includes(file)) return [...trail.slice(trail.indexOf(file)), file];
    if (done.has(file)) return undefined;
    trail.push(file);
    for (const target of graph.get(file) ?? []) {
      const cycle = visit(target);
      if (cycle !== undefined) return cycle;
    }
    trail.pop();
    done.add(file);
    return undefined;
  };
  for (const file of graph.keys()) {
    const cycle = visit(file);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}
