import { startCommand } from "./command.ts";
import { freePort } from "./free_port.ts";
import { temporaryDirectory } from "./temporary.ts";

/** Debian's; /usr/sbin is not on every PATH. */
const MOSQUITTO = "/usr/sbin/mosquitto";

/** Whether the broker is installed. */
export const hasMqttBroker: boolean = exists(MOSQUITTO);

/** The reason for skipping a test where {@link hasMqttBroker} is false. */
export const MQTT_BROKER_MISSING = "mosquitto is not installed";

/** Options of {@link startMqttBroker}. */
export interface MqttBrokerOptions {
  /** A free one by default. */
  readonly port?: number;
  /** With a user, everybody else is refused. */
  readonly user?: string;
  readonly password?: string;
}

/** A broker in a process of its own, on 127.0.0.1. Dispose of it (`await using`), and it is killed. */
export interface MqttBroker extends AsyncDisposable {
  readonly port: number;
}

/** Starts a broker that takes connections once this resolves. It remembers nothing. */
export async function startMqttBroker(options: MqttBrokerOptions = {}): Promise<MqttBroker> {
  const directory = await temporaryDirectory();
  const port = options.port ?? freePort();
  const passwords = directory.join("passwords");
  // Started by root it would become another user, who may not read its files.
  const lines = [`listener ${port} 127.0.0.1`, "persistence false", "user root"];
  if (options.user === undefined) lines.push("allow_anonymous true");
  else {
    await writePassword(passwords, options.user, options.password ?? "");
    lines.push("allow_anonymous false", `password_file ${passwords}`);
  }
  const config = directory.join("mosquitto.conf");
  await Deno.writeTextFile(config, lines.join("\n"));
  const broker = startCommand(MOSQUITTO, ["-c", config]);
  await broker.stderrMatches(/mosquitto version .* running/);
  return {
    port,
    async [Symbol.asyncDispose]() {
      await broker[Symbol.asyncDispose]();
      await directory[Symbol.asyncDispose]();
    },
  };
}

/** mosquitto's own form: $7$ROUNDS$SALT$HASH, PBKDF2 with SHA-512. */
async function writePassword(path: string, user: string, password: string): Promise<void> {
  const iterations = 101;
  const salt = crypto.getRandomValues(new Uint8Array(12));
  const bytes = new TextEncoder().encode(password);
  const key = await crypto.subtle.importKey("raw", bytes, "PBKDF2", false, ["deriveBits"]);
  const parameters = { name: "PBKDF2", hash: "SHA-512", salt, iterations };
  const hash = new Uint8Array(await crypto.subtle.deriveBits(parameters, key, 512));
  const line = `${user}:$7$${iterations}$${salt.toBase64()}$${hash.toBase64()}\n`;
  await Deno.writeTextFile(path, line, { mode: 0o644 });
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
