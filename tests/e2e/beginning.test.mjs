// A run that begins with the adapter of another, from the page alone.

import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { after, before, test } from "node:test";
import { chooseRows, looksRight, openBrowser, openPage, ownFolder, PATIENCE, rowsIn, serve } from "./journey.mjs";

let data;
let rows;
let server;
let browser;

before(async () => {
  data = await ownFolder();
  rows = await rowsIn(data, 8);
  server = await serve(data);
  browser = await openBrowser();
});

after(async () => {
  await browser?.close();
  await server?.end();
  await rm(data, { recursive: true, force: true });
});

test("a run begins with the adapter of another, and both stay apart", { timeout: 3 * PATIENCE }, async () => {
  const { page, complaints } = await openPage(browser, server.address, "light");
  await page.getByText("LoRA", { exact: true }).click();
  const rank = page.getByRole("textbox", { name: "Rank" });
  await rank.and(page.getByPlaceholder("default: 16")).waitFor();
  await rank.fill("3");
  await chooseRows(page, rows);
  await page.getByRole("textbox", { name: "Epochs" }).fill("2");
  await page.getByRole("button", { name: "Start training" }).click();
  await page.getByRole("heading", { name: /^Ask / }).waitFor({ timeout: PATIENCE });
  const first = await page.getByRole("region", { name: /^run_/ }).getByRole("heading").first().textContent();

  await page.getByTestId("beginning").click();
  await page.getByRole("option", { name: first }).click();
  await page.getByText("LoRA of rank 3 on attune-mini.").waitFor();
  assert.equal(await rank.count(), 0, "the adapter says itself what it is");
  await looksRight(page, "beginning-chosen");
  await page.getByRole("button", { name: "Start training" }).click();
  await page.locator("[data-testid=history-row]:nth-child(2)").waitFor();
  await page.getByTestId("run-status").first().getByText("Completed").waitFor({ timeout: PATIENCE });
  await page.getByRole("heading", { name: /^Ask / }).waitFor();

  await page.getByTestId("run-details").click();
  const details = page.getByRole("region", { name: /^run_/ });
  assert.match(await details.textContent(), new RegExp(`Started from .*${first}`));
  assert.match(await details.textContent(), /Rank3/);

  // The one it began with is of no further use to it.
  await page.getByRole("button", { name: `More for run ${first}` }).click();
  await page.getByRole("menuitem", { name: "Delete run…" }).click();
  await page.getByTestId("delete-frees").getByText(/^This frees \d/).waitFor();
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  await page.getByTestId("history-count").getByText("1 run", { exact: true }).waitFor();
  assert.deepEqual(complaints, []);
});

test("a folder without an adapter is refused before a run begins", async () => {
  const { page } = await openPage(browser, server.address, "dark");
  await chooseRows(page, rows);
  await page.getByTestId("beginning").click();
  await page.getByRole("option", { name: "An adapter in a folder…" }).click();
  await page.getByText("Name the folder of the adapter first.").waitFor();
  await page.getByRole("textbox", { name: "Folder of the adapter" }).fill(`${data}/nothing here`);
  await page.keyboard.press("Enter");
  await page.getByText("The adapter to begin with cannot be used, see above.").waitFor();
  assert.equal(await page.getByRole("button", { name: "Start training" }).isDisabled(), true);
  await looksRight(page, "beginning-refused");
});
