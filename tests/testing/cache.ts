/**
 * Gives the tests a cache folder of their own, and the programs that they start: the user's is left
 * alone. It stays from run to run, because to build the graphs anew takes a tenth of a second each.
 *
 * Imported for its effect, by what starts programs and by tests that segment in their own process.
 */
import { repositoryPath } from "./repository.ts";

Deno.env.set("XDG_CACHE_HOME", repositoryPath("node_modules", ".cache", "segstream_tests"));
