/** What the programs started here may know of the environment. */

/** Needed to reach the network: by sockets on Windows, and through a proxy anywhere. */
const PASSED_ON = ["SYSTEMROOT", "http_proxy", "no_proxy"];

/** An environment variable, or undefined where it is unset, empty or may not be read. */
export function readVariable(variable: string): string | undefined {
  const { state } = Deno.permissions.querySync({ name: "env", variable });
  return state === "granted" ? Deno.env.get(variable) || undefined : undefined;
}

/** The whole environment of a child: plain English, no colours, and nothing that it does not need. */
export function childEnvironment(): Record<string, string> {
  const variables: Record<string, string> = {
    LC_ALL: "C",
    AV_LOG_FORCE_NOCOLOR: "1",
    // The bundled binaries are static: loading the system's character sets, as for the names in an
    // MPEG transport stream, crashes them. Where there are none to find, they go without.
    GCONV_PATH: "/dev/null",
  };
  for (const name of PASSED_ON) {
    const value = readVariable(name);
    if (value !== undefined) variables[name] = value;
  }
  return variables;
}
