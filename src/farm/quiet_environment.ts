/**
 * Keeps the packages behind the queue from reading the environment.
 *
 * They look for variables that decide how much is logged and whether they run under a test; one of
 * them lists every variable there is, which would want leave to read them all, secrets included. So
 * they are loaded (src/farm/queue_packages.ts) while there is nothing to see.
 *
 * @module
 */
import process from "node:process";

/** The environment as Node's packages know it. */
const ENVIRONMENT = process.env;

process.env = {};

/** Gives Node's packages the environment back. */
export function restoreEnvironment(): void {
  process.env = ENVIRONMENT;
}
