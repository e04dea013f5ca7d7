import { readVariable } from "../ffmpeg/environment.ts";
import type { CameraJob } from "./jobs.ts";

const VARIABLE = "SEGSTREAM_CAMERA_LOGIN";

/**
 * The URL to open a camera by: user and password are not in the queue but in this machine's
 * SEGSTREAM_CAMERA_LOGIN, as `user:password`.
 *
 * @throws {TypeError} If the variable has no colon.
 */
export function cameraUrl({ url }: Pick<CameraJob, "url">): string {
  const login = readVariable(VARIABLE);
  if (login === undefined || !URL.canParse(url)) return url;
  const [, user, password] = /^([^:]*):(.*)$/s.exec(login) ?? [];
  if (user === undefined || password === undefined) {
    throw new TypeError(`Cannot use ${VARIABLE}: write user:password.`);
  }
  const [scheme, rest] = url.split("://", 2) as [string, string];
  return `${scheme}://${encodeURIComponent(user)}:${encodeURIComponent(password)}@${rest}`;
}
