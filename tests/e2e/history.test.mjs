// Ten thousand runs: the history opens, scrolls and reaches its end as with ten.
//
// ATTUNE_LONG_HISTORY is a data folder with so many runs, of which the oldest is called "run 0".

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { connected, looksRight, openBrowser, openPage, serve, tasksDuring, written } from "./journey.mjs";

const { ATTUNE_LONG_HISTORY } = process.env;
assert.ok(ATTUNE_LONG_HISTORY, "set ATTUNE_LONG_HISTORY, or run `cargo xtask test`");

const RUNS = 10_000;
/** More rows than fit into any window need not be drawn. */
const MOST_DRAWN = 60;
/** Milliseconds. The figures, 300 and 100, are in docs/benchmarks.md; on a busy machine what is far above is a fault. */
const LONGEST_OPENING = 3000;
const LONGEST_TASK = 250;

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
  await page.getByTestId("history-row").first().waitFor();
  const loaded = await markedAt(page);
  await connected(page);
  await page.getByRole("link", { name: "Settings", exact: true }).click();
  await page.getByTestId("history-row").first().waitFor({ state: "detached" });
  let opened;
  const opening = await tasksDuring(browser, page, async () => {
    opened = await openedIn(page);
  });

  let frames;
  const tasks = await tasksDuring(browser, page, async () => {
    frames = await scrolled(page, 240);
  });
  // Older runs follow as one scrolls: more than the fifty that are there at once.
  await page.getByTestId("history-count").filter({ hasNotText: /\b50\b/ }).waitFor();
  assert.ok((await rowsKnown(page)) > 50);
  const drawn = await page.getByTestId("history-row").count();
  assert.ok(drawn <= MOST_DRAWN, `${drawn} rows are drawn`);

  const atTheEnd = await tasksDuring(browser, page, () => toTheEnd(page));
  await page.getByRole("button", { name: "Show run run 0", exact: true }).waitFor();
  assert.equal(await page.getByTestId("history-count").textContent(), "10,000 runs");
  assert.ok((await page.getByTestId("history-row").count()) <= MOST_DRAWN);

  t.diagnostic(`the history is shown ${Math.round(loaded)} ms after a reload, ${Math.round(opened)} ms after a click`);
  t.diagnostic(`longest tasks of the click: ${written(opening)}`);
  t.diagnostic(`frames while scrolling: median ${frames.median} ms, 99 % within ${frames.high} ms`);
  t.diagnostic(`longest tasks while scrolling: ${written(tasks)}`);
  t.diagnostic(`longest tasks while all ${RUNS} are read: ${written(atTheEnd)}`);
  assert.ok(opened < LONGEST_OPENING, `it took ${opened} ms`);
  const longest = Math.max(0, ...tasks, ...atTheEnd);
  assert.ok(longest < LONGEST_TASK, `a task took ${longest} ms`);

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

function markedAt(page) {
  return page.evaluate(() => performance.getEntriesByName("history")[0].startTime);
}

/** Milliseconds from the click on the page's link to the first row, painted. */
function openedIn(page) {
  const link = page.getByRole("link", { name: "Train", exact: true });
  return link.evaluate(
    (link) =>
      new Promise((resolve) => {
        const start = performance.now();
        const look = () => {
          if (!document.querySelector("[data-testid=history-row]")) return requestAnimationFrame(look);
          // The frame in which it is found has been laid out; the next one begins after it was painted.
          requestAnimationFrame(() => resolve(performance.now() - start));
        };
        link.click();
        look();
      }),
  );
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
