/** Keeps users and passwords out of what is shown. */

/** A URL within a text, to the next space or the next URL, and the quote before it. */
const URL_IN_TEXT =
  /(["'`]?)\b([a-z][a-z0-9+.-]{0,15}:\/\/)((?:(?![a-z][a-z0-9+.-]{0,15}:\/\/)\S)*)/gi;

/** A host with a port, or without; neither a user nor the beginning of a password. */
const HOST = /^(?:\[[^\]]*\]|[^:]*)(?::\d+)?$/;

/** Cameras that want a password in the address: `?user=admin&password=…`; keys of services. */
const SECRET = String
  .raw`[\w.-]{0,40}(?:pass|pwd|psw|secret|token|auth|key|sign|credential)[\w.-]*=`;
const VALUE = String.raw`(?:[^&;\s"'#]|["'](?=\w))+`;
const QUERY = new RegExp(`([?&;]${SECRET})${VALUE}`, "gi");
/** Those of others have it in the path: `/user=admin_password=…_channel=1`. */
const PATH = new RegExp(`([/_]${SECRET})${VALUE}`, "gi");

/** The last part of an RTMP address, which lets anybody publish who knows it. */
const STREAM_KEY = /^([^/?#]+\/[^?#]*\/)[^/?#]+?(?=[?#]|[,;:.)\]}]*$)/;

/**
 * Hides the users, passwords, secret parameters and stream keys of every URL in `text`:
 * `rtsp://***@camera/1`, `http://camera/video?user=a&pwd=***`, `rtmp://host/live/***`.
 */
export function redact(text: string): string {
  return hideLogins(
    text,
    (scheme, rest) => /^rtmp/i.test(scheme) ? rest.replace(STREAM_KEY, "$1***") : rest,
  );
}

/** Whether a URL has a user, a password or a secret parameter; the key of a stream does not count. */
export function hasCredentials(url: string): boolean {
  return hideLogins(url, (_, rest) => rest) !== url;
}

function hideLogins(text: string, also: (scheme: string, rest: string) => string): string {
  return text.replace(URL_IN_TEXT, (_, quote: string, scheme: string, rest: string) => {
    const end = urlEnd(rest, quote);
    const hidden = hideUser(rest.slice(0, end)).replace(PATH, "$1***");
    return quote + scheme + also(scheme, hidden) + rest.slice(end);
  }).replace(QUERY, "$1***");
}

/** Where the quote is closed that was opened before a URL: a password may hold any other quote. */
function urlEnd(rest: string, quote: string): number {
  if (quote === "") return rest.length;
  const end = rest.search(new RegExp(String.raw`(?<!\\)${quote}(?:[,;:.)\]}]|$)`));
  return end < 0 ? rest.length : end;
}

/**
 * Up to the last "@" that can end it. Behind a "/", "?" or "#" it is a part of the path and the query,
 * unless what is before cannot be a host, or a user was there already.
 *
 * @param rest Of a URL, behind its scheme.
 */
function hideUser(rest: string): string {
  const authority = /^[^/?#]*/.exec(rest)![0];
  if (!authority.includes("@") && HOST.test(authority)) return rest;
  const query = authority.includes("@") ? rest.search(/\?[a-z][\w.-]*=/i) : -1;
  const end = rest.lastIndexOf("@", query < 0 ? Infinity : query);
  return end < 0 ? rest : `***${rest.slice(end)}`;
}

/** A message of ffmpeg's or Deno's on one line, credentials hidden. */
export function oneLine(text: string): string {
  return redact(text).replace(/\s+/g, " ").trim();
}

/**
 * What is wrong with the user or the password of a URL, which would be taken for a part of the host or
 * the path otherwise, and shown; undefined where nothing is.
 *
 * @returns The URL as it may be shown, and how to mend it.
 */
export function credentialsFault(
  url: string,
): { readonly shown: string; readonly mend: string } | undefined {
  const [, scheme, rest] = /^([a-z][a-z0-9+.-]*:\/\/)(.*)$/is.exec(url) ?? [];
  if (rest === undefined || !rest.includes("@")) return undefined;
  const authority = /^[^/?#]*/.exec(rest)![0];
  const isPlain = authority.includes("@")
    ? !/[\s"']/.test(authority) && !rest.slice(authority.length).includes("@")
    : /^(\[[^\]]*\]|[^:[\]]*)(:\d*)?$/.test(authority);
  if (isPlain) return undefined;
  return {
    shown: redact(`${scheme}***@${rest.slice(rest.lastIndexOf("@") + 1)}`),
    mend: "Write %XX for the special characters of the user and the password: %2F for /, %3F for " +
      "?, %23 for #, %40 for @, %20 for a space, and %40 for an @ behind the host",
  };
}
