/** The pages' markup. What moves in them is drawn by the scripts in page/. */
import type { Rgb } from "../frame/colour.ts";
import { html, jsonForScript, type Markup } from "../report/html.ts";
import type { Feed } from "../report/feed.ts";
import type { StatusMessage } from "./status_push.ts";

/** A class as pages and machines read it. */
export interface ClassEntry {
  /** What the class map holds. */
  readonly id: number;
  /** Lower case, words apart. */
  readonly name: string;
  /** As in "vehicle". */
  readonly category: string;
  /** "#rrggbb". */
  readonly colour: string;
  /** Of the newest frame's pixels, 0 to 1. */
  readonly share: number;
}

/** What the script of a feed's page starts from. */
export interface FeedPageData {
  /** The feed's. */
  readonly name: string;
  /** Of the feed's addresses: they begin with it. */
  readonly path: string;
  /** By id. */
  readonly classes: readonly ClassEntry[];
  /** What the feed can switch between. */
  readonly views: readonly string[];
  /** How the feed was when the page was made. */
  readonly message: StatusMessage;
}

/** What the script of the grid starts from. */
export interface GridPageData {
  /** In the order of the tiles. */
  readonly feeds: readonly { readonly name: string; readonly path: string }[];
  /** How the feeds were when the page was made. */
  readonly message: StatusMessage;
}

/** The classes of a feed, by id. */
export function classesOf({ classes, colours, status: { shares } }: Feed): ClassEntry[] {
  return classes.map(({ name, category, colour }, id) => ({
    id,
    name,
    category,
    colour: hexOf(colours[id] ?? colour),
    share: shares[id] ?? 0,
  }));
}

/** The page of one feed; with a way to the others where there are some. */
export function feedPage(feed: Feed, message: StatusMessage, hasOthers: boolean): Markup {
  const data: FeedPageData = {
    name: feed.name,
    path: pathOf(feed),
    classes: classesOf(feed),
    views: feed.views,
    message,
  };
  return page(
    feed.name,
    "feed_page",
    data,
    html`
      <header class="bar">
        ${hasOthers && html`<a class="back" href="/" aria-label="All streams">‹</a>`}
        <h1>${feed.name}</h1>
        <p class="badge" id="badge" role="status"></p>
        <p class="input">${feed.status.input} · ${feed.status.model}</p>
        <div class="actions">
          <a class="button" id="snapshot" href="${data.path}/snapshot.png" download>Snapshot</a>
          <button class="button" id="full-screen" type="button">Full screen</button>
        </div>
      </header>
      <main>
        <section class="stage" aria-label="Video">
          ${videoMarkup(feed.name)}
        </section>
        <aside class="side">
          <section aria-labelledby="classes-title">
            <div class="title-line">
              <h2 id="classes-title">Classes</h2>
              <div class="pair">
                <button class="link" id="all-classes" type="button">all</button>
                <button class="link" id="no-classes" type="button">none</button>
              </div>
            </div>
            <ul class="classes" id="classes"></ul>
          </section>
          <section aria-labelledby="picture-title">
            <h2 id="picture-title">Picture</h2>
            <form class="controls" id="controls" autocomplete="off">
              <fieldset id="views">
                <legend class="unseen">View</legend>
              </fieldset>
              <label class="slider">
                <span>Tint</span>
                <input id="alpha" type="range" min="0" max="100" step="1">
                <output id="alpha-value" for="alpha"></output>
              </label>
              <label class="check"><input id="legend" type="checkbox"> class names in the picture</label>
              <label class="check"><input id="hud" type="checkbox"> figures in the picture</label>
              <p class="problem" id="problem" role="alert"></p>
            </form>
          </section>
        </aside>
        <section class="below" aria-label="Figures">
          <dl class="figures" id="figures"></dl>
          <figure class="timing">
            <figcaption>
              <h2>Where the milliseconds go</h2>
              <p class="latency">latency p95</p>
              <ul class="stages" id="stages"></ul>
            </figcaption>
            <div class="chart" id="timing" role="img"
              aria-label="Milliseconds a frame by stage, over the last minute"></div>
          </figure>
        </section>
      </main>
    `,
    ["mpegts.js", "uplot.js", "uplot.css", "switches.css"],
  );
}

/** The page of all feeds. */
export function gridPage(feeds: readonly Feed[], message: StatusMessage): Markup {
  const data: GridPageData = {
    feeds: feeds.map((feed) => ({ name: feed.name, path: pathOf(feed) })),
    message,
  };
  // As near to a square as goes: a wall of nine is three by three.
  const columns = Math.min(6, Math.ceil(Math.sqrt(feeds.length)));
  return page(
    `${feeds.length} streams`,
    "grid_page",
    data,
    html`
      <header class="bar">
        <h1>${feeds.length} streams</h1>
        <p class="badge" id="badge" role="status"></p>
      </header>
      <main class="grid" data-columns="${columns}">${feeds.map((feed, i) =>
        html`
          <a class="tile" href="${pathOf(feed)}" data-feed="${i}">
            ${videoMarkup(feed.name)}
            <span class="caption">
              <span class="name">${feed.name}</span>
              <span class="badge" data-badge></span>
              <span class="fps" data-fps></span>
            </span>
          </a>
        `
      )}</main>
    `,
    ["mpegts.js"],
  );
}

/** The canvas holds the last picture while the stream is away. */
function videoMarkup(name: string): Markup {
  return html`
    <div class="screen" data-screen>
      <canvas aria-hidden="true"></canvas>
      <video muted playsinline autoplay disablepictureinpicture aria-label="${name}, live"></video>
      <p class="veil" data-veil></p>
    </div>
  `;
}

/**
 * A page with the script and the style of its name.
 *
 * @param files What it needs beside them.
 */
function page(
  title: string,
  name: string,
  data: FeedPageData | GridPageData,
  body: Markup,
  files: readonly string[],
): Markup {
  const styles = ["style.css", ...files.filter((file) => file.endsWith(".css")), `${name}.css`];
  const scripts = files.filter((file) => file.endsWith(".js"));
  return html`
    <!DOCTYPE html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="dark">
        <meta name="theme-color" content="#0d1015">
        <title>${title} · segstream</title>
        <link rel="icon" href="/page/icon.svg" type="image/svg+xml">
        ${styles.map((file) => html`<link rel="stylesheet" href="/page/${file}">`)}
        ${scripts.map((file) => html`<script src="/page/${file}" defer></script>`)}
        <script type="module" src="/page/${name}.js"></script>
      </head>
      <body>
        ${body}
        <noscript><p class="problem">The stream is played by a script: allow scripts for this page.</p></noscript>
        <script type="application/json" id="data">${jsonForScript(data)}</script>
      </body>
    </html>
  `;
}

function pathOf({ name }: Feed): string {
  return `/feeds/${encodeURIComponent(name)}`;
}

function hexOf(colour: Rgb): string {
  return `#${colour.map((part) => part.toString(16).padStart(2, "0")).join("")}`;
}
