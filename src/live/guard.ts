/**
 * Who may ask: keeps other sites' scripts and, on an open address, everybody without the token out.
 *
 * - Without a token the server listens on loopback, where a page of any site could reach it under a
 *   name that it points here (DNS rebinding): only requests to loopback names are answered.
 * - With a token every request needs it: as `Authorization: Bearer`, as `?token=`, or in the cookie
 *   that the first visit with `?token=` sets.
 * - Browsers let any site open WebSockets and send forms here, with the cookie where it is from the
 *   same host on another port: those must come from a page of this server.
 */
import type { Context, Next } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import { isLoopbackName } from "./listen.ts";
import { tokenMatcher } from "./token.ts";

const YEAR_S = 365 * 24 * 3600;

const HEADERS: Readonly<Record<string, string>> = {
  "Content-Security-Policy": [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    // Where the video element reads what the scripts were sent.
    "media-src blob:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'self'",
  ].join("; "),
  "Cross-Origin-Resource-Policy": "same-origin",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
};

const DENIED =
  "401: the token is missing or wrong. Open the address that segstream printed when it " +
  "started (…/?token=…), or send the header Authorization: Bearer TOKEN.\n";

/** Adds the headers that confine a page to this server. */
export async function confinePages(context: Context, next: Next): Promise<Response | void> {
  // The answer to an upgrade is Deno's own and must stay as it is.
  if (isUpgrade(context)) return await next();
  await next();
  for (const [name, value] of Object.entries(HEADERS)) context.header(name, value);
}

/** Answers 403 to what another site's page sent. */
export async function refuseOtherSites(context: Context, next: Next): Promise<Response | void> {
  const changes = !["GET", "HEAD"].includes(context.req.method) || isUpgrade(context);
  const origin = context.req.header("origin");
  if (changes && origin !== undefined && hostOf(origin) !== context.req.header("host")) {
    return context.text("403: this was sent by a page of another site.\n", 403);
  }
  await next();
}

/** Answers 403 to requests that were meant for another name than this machine's own. */
export async function refuseOtherNames(context: Context, next: Next): Promise<Response | void> {
  const host = context.req.header("host") ?? "";
  if (!isLoopbackName(host.replace(/:\d+$/, ""))) {
    return context.text(
      "403: this address is for this machine only: open http://localhost. To serve others, name " +
        "the address to listen on: --live HOST:PORT.\n",
      403,
    );
  }
  await next();
}

/** Answers 401 to requests without the token. */
export function requireToken(
  token: string,
): (context: Context, next: Next) => Promise<Response | void> {
  const matches = tokenMatcher(token);
  return async (context, next) => {
    const url = new URL(context.req.url);
    // Cookies do not tell ports apart: two servers of a host need two names.
    const cookie = `segstream_${url.port || "80"}`;
    const inQuery = context.req.query("token");
    const given = inQuery ?? bearer(context) ?? getCookie(context, cookie);
    if (given === undefined || !matches(given)) {
      return context.text(DENIED, 401, { "WWW-Authenticate": 'Bearer realm="segstream"' });
    }
    if (inQuery === undefined || !isNavigation(context)) return await next();
    // Lax, not strict: the address may have been followed from a mail, and the redirect is part of
    // that journey.
    setCookie(context, cookie, token, {
      httpOnly: true,
      sameSite: "Lax",
      path: "/",
      maxAge: YEAR_S,
    });
    url.searchParams.delete("token");
    return context.redirect(url.pathname + url.search, 303);
  };
}

function bearer(context: Context): string | undefined {
  return /^Bearer +(\S+)$/i.exec(context.req.header("authorization") ?? "")?.[1];
}

/** Whether a person opens it: scripts with a token in the query get what they ask for, no cookie. */
function isNavigation(context: Context): boolean {
  return context.req.method === "GET" && !isUpgrade(context) &&
    (context.req.header("accept") ?? "").includes("text/html");
}

function isUpgrade(context: Context): boolean {
  return context.req.header("upgrade")?.toLowerCase() === "websocket";
}

function hostOf(origin: string): string | undefined {
  return URL.parse(origin)?.host;
}
