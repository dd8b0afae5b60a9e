// What every journey through the page needs: a server on a data folder, a browser, a page that complains.
//
// ATTUNE_BIN is the program. Also heard: ATTUNE_BROWSER, and ATTUNE_SCREENSHOTS, a folder for pictures of each stage.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { AxeBuilder } from "@axe-core/playwright";
import { chromium } from "playwright-core";

const { ATTUNE_BIN, ATTUNE_BROWSER = "/usr/bin/chromium", ATTUNE_SCREENSHOTS } = process.env;
assert.ok(ATTUNE_BIN, "set ATTUNE_BIN, or run `cargo xtask test`");

/** Training on a slow or busy machine; everything else answers within Playwright's own limits. */
export const PATIENCE = 240_000;

const NORMAL = { width: 1280, height: 900 };

export function ownFolder() {
  return mkdtemp(join(tmpdir(), "attune-e2e-"));
}

/** Rows with different answers, as JSON lines; of sixty some are held out. */
export async function rowsIn(folder, count = 60) {
  const path = join(folder, "many rows.jsonl");
  const rows = Array.from({ length: count }, (_, room) =>
    JSON.stringify({ input: `Light for room ${room}?`, output: `Turn on light ${room}.` }),
  );
  await writeFile(path, rows.join("\n"));
  return path;
}

/** `attune serve` on a data folder, past its first start; without a port, on a free one. */
export async function serve(data, port = 0) {
  const server = await serveFirst(data, port);
  const { ok } = await fetch(`${server.address}/api/v1/first-start/finish`, { method: "POST" });
  assert.ok(ok, "the first start could not be finished");
  return server;
}

/** The same for a person who starts for the first time. */
export async function serveFirst(data, port = 0) {
  const server = spawn(ATTUNE_BIN, ["serve", "--port", String(port), "--data-dir", data], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const address = await printedAddress(server);
  const end = async (signal) => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const ended = new Promise((resolve) => server.once("exit", resolve));
    server.kill(signal);
    await ended;
  };
  return { address, port: Number(new URL(address).port), end };
}

async function printedAddress({ stdout }) {
  for await (const line of createInterface({ input: stdout })) {
    const [found] = line.match(/http:\/\/127\.0\.0\.1:\d+/) ?? [];
    if (found) return found;
  }
  throw new Error("attune serve ended without printing an address");
}

export function openBrowser() {
  return chromium.launch({
    executablePath: ATTUNE_BROWSER,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

/**
 * A page of its own, once it is connected or what else `isThere` waits for. `complaints` collects what may not happen: errors and warnings in the
 * console, and requests to anywhere else.
 */
export async function openPage(browser, address, colorScheme, viewport = NORMAL, isThere = connected) {
  const context = await browser.newContext({ colorScheme, viewport });
  const page = await context.newPage();
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(address) && !request.url().startsWith("data:")) complaints.push(request.url());
  });
  await page.goto(address);
  await isThere(page);
  return { page, complaints };
}

export async function connected(page) {
  await page.getByText("Connected", { exact: true }).waitFor({ timeout: PATIENCE });
}

/**
 * Milliseconds of the processor that each task of a page took which held it up while something was done, the longest
 * first, those from 20 on. Not of the clock: on a machine that trains and tests at once that counts everybody's work.
 */
export async function tasksDuring(browser, page, act) {
  await browser.startTracing(page, { categories: ["toplevel"] });
  await act();
  const { traceEvents } = JSON.parse(await browser.stopTracing());
  const thread = ({ pid, tid }) => `${pid}/${tid}`;
  const names = traceEvents.filter(({ name }) => name === "thread_name");
  const main = new Set(names.filter(({ args }) => args.name === "CrRendererMain").map(thread));
  const tasks = traceEvents.filter((event) => event.name.endsWith("RunTask") && main.has(thread(event)));
  assert.ok(tasks.length > 0, "the browser noted no task");
  const lengths = tasks.map(({ tdur = 0 }) => Math.round(tdur / 1000)).filter((length) => length >= 20);
  return lengths.sort((a, b) => b - a);
}

/** The longest of them, and how many there were, for whoever reads the figures. */
export function written(tasks) {
  return `${tasks.slice(0, 10).join(", ") || "none"} ms of the processor (${tasks.length} from 20 ms on)`;
}

/** Resolves once the curve was seen with three different numbers of points: it is alive, not drawn at the end. */
export function curveGrows(page) {
  return page.evaluate(
    (patience) =>
      new Promise((resolve, reject) => {
        const seen = new Set();
        const look = () => {
          const points = Number(document.querySelector("[data-testid=curve]")?.getAttribute("data-points") ?? 0);
          if (points > 0) seen.add(points);
          if (seen.size >= 3) resolve([...seen]);
        };
        new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributes: true });
        setTimeout(() => reject(new Error(`the curve did not grow, it had ${[...seen]} points`)), patience);
      }),
    PATIENCE,
  );
}

/** Chooses a file of rows and waits until it was checked. */
export async function chooseRows(page, path) {
  await page.getByRole("textbox", { name: "Database or file" }).fill(path);
  await page.keyboard.press("Enter");
  await page.getByText(/\d+ of \d+ rows can be used/).waitFor();
}

/** No barrier that axe finds, and a picture for whoever wants to look. */
export async function looksRight(page, stage) {
  // Colours on their way from one theme to the other are nobody's contrast.
  await page.evaluate(() =>
    Promise.allSettled(document.getAnimations().filter((one) => one instanceof CSSTransition).map((one) => one.finished)),
  );
  const { violations } = await new AxeBuilder({ page }).analyze();
  assert.deepEqual(
    violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target).join(", ")}`),
    [],
    `axe at ${stage}`,
  );
  if (!ATTUNE_SCREENSHOTS) return;
  await mkdir(ATTUNE_SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: join(ATTUNE_SCREENSHOTS, `${stage}.png`) });
}
