// The first start: from nothing to base and tuned side by side, stopped and begun again on the way. That it goes through
// to its own end, and what it reaches, is tested in the window.

import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { after, before, test } from "node:test";
import { connected, looksRight, openBrowser, openPage, ownFolder, PATIENCE, serveFirst } from "./journey.mjs";

let data;
let server;
let browser;

before(async () => {
  data = await ownFolder();
  server = await serveFirst(data);
  browser = await openBrowser();
});

after(async () => {
  await browser?.close();
  await server?.end();
  await rm(data, { recursive: true, force: true });
});

test("a first model is trained by keyboard, stopped, begun again, and stands beside its base", { timeout: 4 * PATIENCE }, async () => {
  const { page, complaints } = await openPage(browser, server.address, "light", undefined, atFirstStart);
  await looksRightInBoth(page, "first-1-offer");
  const button = page.getByRole("button", { name: "Train your first model (about a minute)" });
  while (!(await button.evaluate((element) => element === document.activeElement))) await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Training your first model" }).waitFor();
  assert.equal(await focused(page), "Training your first model", "the focus follows to what took the button's place");

  await page.locator("[data-testid=curve]:not([data-evaluations='0'])").waitFor({ timeout: PATIENCE });
  assert.match(await page.getByTestId("first-left").textContent(), /^about .* left$/);
  await looksRightInBoth(page, "first-2-training");

  // Loaded anew in the middle it is found again, and in a second window too.
  const learned = await pointsOf(page);
  await page.reload();
  await page.waitForFunction(hasMorePoints, learned, { timeout: PATIENCE });
  const other = await openPage(browser, server.address, "dark", undefined, atFirstStart);
  await other.page.getByRole("heading", { name: "Training your first model" }).waitFor();
  await other.page.close();

  await page.getByRole("button", { name: "Stop…" }).click();
  await page.getByRole("dialog", { name: "Stop this run?" }).getByRole("button", { name: "Discard" }).click();
  await page.getByRole("heading", { name: "The training was stopped" }).waitFor({ timeout: PATIENCE });
  await looksRightInBoth(page, "first-3-stopped");
  await page.getByRole("button", { name: "Start again" }).click();
  await page.locator("[data-testid=curve]:not([data-evaluations='0'])").waitFor({ timeout: PATIENCE });
  await page.getByRole("button", { name: "Stop…" }).click();
  await page.getByRole("dialog", { name: "Stop this run?" }).getByRole("button", { name: "Stop and save" }).click();

  await page.locator("[data-testid=comparison][data-complete=true]").waitFor({ timeout: PATIENCE });
  await page.getByText("You stopped it before its end", { exact: false }).waitFor();
  assert.match(await page.getByTestId("exact-base").textContent(), /^0 of 60, 0\s%$/);
  await looksRightInBoth(page, "first-4-side-by-side");
  await page.getByRole("button", { name: "Show all 60 rows" }).click();
  assert.equal(await page.getByTestId("compared-row").count(), 60);
  const exact = await page.locator("[data-testid=compared-row] td[data-exact=true]").count();
  assert.equal(await page.getByTestId("exact-tuned").getAttribute("data-exact"), String(exact));
  await page.getByText("Where tuned differs", { exact: true }).click();
  assert.equal(await page.getByTestId("compared-row").count(), 60 - exact);

  await page.getByRole("button", { name: "Go on to Attune" }).click();
  await connected(page);
  await page.getByTestId("compare-held-out").click();
  await page.getByRole("dialog").getByTestId("exact-tuned").getByText(`${exact} of 60`).waitFor();
  await looksRightInBoth(page, "first-5-on-the-train-page");
  assert.deepEqual(complaints, []);
});

test("what was seen through once is not offered again", async () => {
  const { page } = await openPage(browser, server.address, "light");
  assert.equal(await page.getByTestId("first-start").count(), 0);
});

test("who skips is not asked again, in any browser", async () => {
  const folder = await ownFolder();
  const other = await serveFirst(folder);
  try {
    const { page } = await openPage(browser, other.address, "light", { width: 1024, height: 700 }, atFirstStart);
    await page.getByRole("button", { name: "Skip" }).click();
    await connected(page);
    // The answer to the click has come before another browser asks.
    await page.waitForFunction(async () => !(await (await fetch("/api/v1/first-start")).json()).wanted);
    const { page: next } = await openPage(browser, other.address, "light");
    assert.equal(await next.getByTestId("first-start").count(), 0);
  } finally {
    await other.end();
    await rm(folder, { recursive: true, force: true });
  }
});

function atFirstStart(page) {
  return page.getByTestId("first-start").waitFor();
}

function focused(page) {
  return page.evaluate(() => document.activeElement.textContent);
}

async function pointsOf(page) {
  return Number(await page.getByTestId("curve").getAttribute("data-points"));
}

function hasMorePoints(before) {
  return Number(document.querySelector("[data-testid=curve]")?.getAttribute("data-points")) > before;
}

async function looksRightInBoth(page, stage) {
  for (const colorScheme of ["dark", "light"]) {
    await page.emulateMedia({ colorScheme });
    await page.locator(`html[data-mantine-color-scheme=${colorScheme}]`).waitFor();
    await looksRight(page, `${stage}-${colorScheme}`);
  }
}
