import type { Browser, Page } from "playwright-core";

/** The browser that page tests drive, where it is installed. */
const CHROMIUM = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]
  .find((path) => exists(path));

/**
 * What `Deno.test` takes for a test that needs a browser:
 * `Deno.test({ ...needsBrowser("page plays"), async fn() {} })`.
 */
export function needsBrowser(name: string): { readonly name: string; readonly ignore: boolean } {
  const ignore = CHROMIUM === undefined;
  return { ignore, name: ignore ? `${name} (skipped: there is no chromium)` : name };
}

/** A browser that is closed when its scope ends (`await using`). */
export interface TestBrowser extends AsyncDisposable {
  /** Opens an empty page of that size. */
  open(size?: { readonly width: number; readonly height: number }): Promise<TestPage>;
}

/** A page and what it complained about. */
export interface TestPage {
  readonly page: Page;
  /** Errors and warnings of its console, exceptions, and violations of its policy. */
  readonly problems: readonly string[];
  close(): Promise<void>;
}

/** How long anything in the browser may take on a machine that is busy with other things. */
const PATIENCE_MS = 120_000;

/** Starts chromium without a window. */
export async function startBrowser(): Promise<TestBrowser> {
  // Playwright looks for WSL in a place that Deno only shows who may read everything. Set, it does
  // not look.
  Deno.env.set("__IS_WSL_TEST__", "1");
  const { chromium } = await import("playwright-core");
  const browser: Browser = await chromium.launch({
    executablePath: CHROMIUM!,
    timeout: PATIENCE_MS,
    // Its sandbox does not work for root, as whom containers run.
    args: ["--no-sandbox"],
  });
  return {
    async open(size = { width: 1280, height: 800 }) {
      const context = await browser.newContext({ viewport: size, acceptDownloads: true });
      context.setDefaultTimeout(PATIENCE_MS);
      const page = await context.newPage();
      const problems: string[] = [];
      page.on("pageerror", (error) => problems.push(String(error)));
      page.on("console", (message) => {
        if (["error", "warning"].includes(message.type())) problems.push(message.text());
      });
      return { page, problems, close: () => context.close() };
    },
    [Symbol.asyncDispose]: () => browser.close(),
  };
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
