import { existsSync } from "node:fs";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";

const executablePath = process.env["CHROMIUM"] ?? "/usr/bin/chromium";

/** Why no browser can be started here; absent when one can. */
export const missing = existsSync(executablePath)
  ? undefined
  : `there is no ${executablePath}; apt install chromium, or set CHROMIUM to where it is`;

/** Chromium without a screen. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
}

/** A page, and what went wrong on it so far: errors, console messages, and requests that went to other hosts. */
export interface Watched {
  readonly page: Page;
  readonly troubles: string[];
}

/** Opens the status page of a listener for operators in a context of its own. */
export async function openPage(browser: Browser, admin: string, options: BrowserContextOptions = {}): Promise<Watched> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const troubles: string[] = [];
  page.on("pageerror", (error) => troubles.push(`error: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") troubles.push(`console: ${message.text()}`);
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(`${admin}/`)) troubles.push(`asked elsewhere: ${request.url()}`);
  });
  await page.goto(`${admin}/`);
  return { page, troubles };
}
