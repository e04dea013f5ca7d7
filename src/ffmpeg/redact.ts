/** Hides the user and password of every URL in `text`: `rtsp://***@camera/1`. */
export function redact(text: string): string {
  return text.replace(/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/?#"']*@/gi, "$1***@");
}

/** A message of ffmpeg's or Deno's on one line, credentials hidden. */
export function oneLine(text: string): string {
  return redact(text).replace(/\s+/g, " ").trim();
}
