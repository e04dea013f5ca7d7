/**
 * Turns off what ONNX Runtime would report to its maker.
 *
 * From 1.29 on its packages for Linux and macOS do that by default: a device identifier in the
 * user's cache folder, a log and a queue in the temporary one, and uploads to
 * mobile.events.data.microsoft.com, which Deno's permissions do not see because they come from
 * native code. With this variable set before the library starts, none of it exists
 * (microsoft/onnxruntime, pull request 27379). So this module is imported before the library, and by
 * the thread that spawns the others, which share the environment.
 *
 * @module
 */

/** Whoever sets it already has decided. */
const VARIABLE = "ORT_DISABLE_TELEMETRY";

const { state } = Deno.permissions.querySync({ name: "env", variable: VARIABLE });
if (state === "granted" && Deno.env.get(VARIABLE) === undefined) Deno.env.set(VARIABLE, "1");
