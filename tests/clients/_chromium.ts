import type { Browser, Page } from "playwright-core";
import { findProgram } from "../support/needs.ts";

/** What a headless Chromium needs where there is no screen, no user and no network beyond this machine. */
const ARGUMENTS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** A Chromium with one page; its profile is new and goes with it. */
export interface Chromium extends AsyncDisposable {
  readonly browser: Browser;
  readonly page: Page;
}

/** Options of {@linkcode startChromium}. */
export interface StartChromiumOptions {
  /** More arguments for the command line. */
  readonly arguments?: readonly string[];
}

/** Starts Debian's Chromium with a new profile; certificates that signed themselves are good enough for it. */
export async function startChromium(options: StartChromiumOptions = {}): Promise<Chromium> {
  const executablePath = findProgram("chromium");
  if (executablePath === null) throw new Error("Cannot start Chromium: it is not installed");
  // Loaded here, so that machines without Chromium need not load it.
  const { chromium } = await import("playwright-core");
  const browser = await chromium.launch({
    executablePath,
    args: [...ARGUMENTS, ...options.arguments ?? []],
  });
  try {
    const context = await browser.newContext({ ignoreHTTPSErrors: true });
    const page = await context.newPage();
    return { browser, page, [Symbol.asyncDispose]: () => browser.close() };
  } catch (error) {
    await browser.close();
    throw error;
  }
}

/**
 * Calls a function of `site/client.js` in the page and waits for what it returns. It is loaded, as
 * everything else, through the proxy.
 */
export function inPage<Result>(page: Page, name: string, argument?: unknown): Promise<Result> {
  const json = JSON.stringify(argument ?? null);
  return page.evaluate<Result>(`import("/client.js").then((client) => client.${name}(${json}))`);
}
