// Ten thousand runs: the history opens, scrolls and reaches its end as with ten.
//
// ATTUNE_LONG_HISTORY is a data folder with so many runs, of which the oldest is called "run 0".

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { connected, longTasks, looksRight, now, openBrowser, openPage, serve } from "./journey.mjs";

const { ATTUNE_LONG_HISTORY } = process.env;
assert.ok(ATTUNE_LONG_HISTORY, "set ATTUNE_LONG_HISTORY, or run `cargo xtask test`");

const RUNS = 10_000;
/** More rows than fit into any window need not be drawn. */
const MOST_DRAWN = 60;
/** Milliseconds. The figures are in docs/benchmarks.md; on a busy machine only what is far from them is a fault. */
const LONGEST_OPENING = 3000;
const LONGEST_TASK = 1000;

let server;
let browser;

before(async () => {
  server = await serve(ATTUNE_LONG_HISTORY);
  browser = await openBrowser();
});

after(async () => {
  await browser?.close();
  await server?.end();
});

test("a history of ten thousand runs opens, scrolls and ends without holding up the page", { timeout: 240_000 }, async (t) => {
  const { page, complaints } = await openPage(browser, server.address, "light");
  await page.addInitScript(markFirstRow);
  // The second time everything is warm, as it is for a person who comes back.
  await page.reload();
  const opened = await shownAt(page);
  await connected(page);

  const before = await now(page);
  const frames = await scrolled(page, 240);
  const known = await rowsKnown(page);
  assert.ok(known > 1000, `older runs follow as one scrolls: ${known} are known`);
  const drawn = await page.getByTestId("history-row").count();
  assert.ok(drawn <= MOST_DRAWN, `${drawn} rows are drawn`);

  await toTheEnd(page);
  await page.getByRole("button", { name: "Show run run 0", exact: true }).waitFor();
  assert.equal(await page.getByTestId("history-count").textContent(), "10,000 runs");
  assert.ok((await page.getByTestId("history-row").count()) <= MOST_DRAWN);
  const tasks = await longTasks(page, before);

  t.diagnostic(`history shown ${Math.round(opened)} ms after the page was asked for`);
  t.diagnostic(`frames while scrolling: median ${frames.median} ms, 99 % within ${frames.high} ms`);
  t.diagnostic(`tasks above 50 ms while ${RUNS} runs are read and scrolled: ${tasks.join(", ") || "none"}`);
  assert.ok(opened < LONGEST_OPENING, `it took ${opened} ms`);
  assert.ok((tasks[0] ?? 0) < LONGEST_TASK, `a task took ${tasks[0]} ms`);

  await page.getByRole("button", { name: "Show run run 0", exact: true }).click();
  await page.getByRole("heading", { name: "run 0", exact: true }).waitFor();
  await page.getByTestId("history-scroll").evaluate((scroller) => scroller.scrollIntoView());
  await looksRight(page, "history-long");
  assert.deepEqual(complaints, []);
});

test("a control that is scrolled out of sight keeps the focus", async () => {
  const { page } = await openPage(browser, server.address, "dark");
  const first = page.getByRole("button", { name: /^Show run / }).first();
  const name = await first.getAttribute("aria-label");
  await first.focus();
  await page.getByTestId("history-scroll").evaluate((scroller) => scroller.scrollTo(0, 3000));
  await page.waitForFunction(() => !document.querySelector("[data-testid=history-row][data-index='3']"));
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute("aria-label")), name);
});

/** In the page: notes when the first row of the history is drawn. */
function markFirstRow() {
  new MutationObserver((_, observer) => {
    if (!document.querySelector("[data-testid=history-row]")) return;
    performance.mark("history");
    observer.disconnect();
  }).observe(document, { subtree: true, childList: true });
}

/** The time of the page's own clock at which the first row of the history was drawn. */
async function shownAt(page) {
  await page.getByTestId("history-row").first().waitFor();
  return page.evaluate(() => performance.getEntriesByName("history")[0].startTime);
}

/** Scrolls a little with each frame; answers how long frames took, in ms. */
function scrolled(page, frames) {
  return page.getByTestId("history-scroll").evaluate(async (scroller, frames) => {
    scroller.scrollIntoView();
    const nextFrame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    const took = [];
    let last = await nextFrame();
    for (let frame = 0; frame < frames; frame += 1) {
      scroller.scrollTop += 300;
      const time = await nextFrame();
      took.push(time - last);
      last = time;
    }
    took.sort((a, b) => a - b);
    const share = (part) => Math.round(took[Math.floor((took.length - 1) * part)]);
    return { median: share(0.5), high: share(0.99) };
  }, frames);
}

async function rowsKnown(page) {
  const count = await page.getByTestId("history-count").textContent();
  return Number(count.match(/[\d,]+/)[0].replaceAll(",", ""));
}

/** Scrolls to the end of what is known until nothing more comes. */
function toTheEnd(page) {
  return page.waitForFunction(
    () => {
      const scroller = document.querySelector("[data-testid=history-scroll]");
      scroller.scrollTop = scroller.scrollHeight;
      return document.querySelector("[data-testid=history]").getAttribute("aria-rowcount") === "10001";
    },
    undefined,
    { polling: "raf", timeout: 200_000 },
  );
}
