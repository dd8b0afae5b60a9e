// The served page in a browser: from a database to an answer, as a person would go, in both themes.
//
// ATTUNE_TEST_DB is a small Ask AI database, ATTUNE_DATA_DIR the data folder, if it is to be a certain one.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { rm } from "node:fs/promises";
import { after, before, test } from "node:test";
import {
  curveGrows,
  looksRight,
  openBrowser,
  openPage as open,
  ownFolder,
  PATIENCE,
  rowsIn,
  serve,
} from "./journey.mjs";

const { ATTUNE_BIN, ATTUNE_TEST_DB, ATTUNE_DATA_DIR } = process.env;
assert.ok(ATTUNE_TEST_DB, "set ATTUNE_TEST_DB, or run `cargo xtask test`");

let data;
let server;
/** Enough rows that some are held out. */
let manyRows;
let browser;

before(async () => {
  data = ATTUNE_DATA_DIR ?? (await ownFolder());
  server = await serve(data);
  manyRows = await rowsIn(data);
  browser = await openBrowser();
});

after(async () => {
  await browser?.close();
  await server?.end();
  if (!ATTUNE_DATA_DIR && data) await rm(data, { recursive: true, force: true });
});

async function openPage(theme, viewport) {
  const opened = await open(browser, server.address, theme, viewport);
  await opened.page.getByRole("heading", { name: "Train", level: 1 }).waitFor();
  return opened;
}

test("a person trains on a database, watches the curve and asks the result", { timeout: 2 * PATIENCE }, async () => {
  const { page, complaints } = await openPage("light");
  await page.getByText("No run yet").waitFor();
  await page.getByTestId("base-size").waitFor();
  await looksRight(page, "1-empty");

  await page.getByRole("textbox", { name: "Database or file" }).fill(ATTUNE_TEST_DB);
  await page.keyboard.press("Enter");
  await page.getByText(/\d+ of \d+ rows can be used/).waitFor();
  await page.getByText(/^Ready: \d+ samples will be used/).waitFor();
  await looksRight(page, "2-checked");

  // More epochs than the default: few rows make few steps, and the curve is to be seen growing.
  await page.getByRole("textbox", { name: "Epochs" }).fill("30");
  const grown = curveGrows(page);
  await page.getByRole("button", { name: "Start training" }).click();
  await page.getByTestId("run-phase").waitFor();
  await grown;

  await page.getByRole("heading", { name: /^Ask / }).waitFor({ timeout: PATIENCE });
  assert.equal(await page.getByTestId("run-status").first().textContent(), "Completed");
  assert.match(await page.getByTestId("history-row").first().textContent(), /^Completed/);
  await looksRight(page, "3-completed");

  await page.getByRole("textbox", { name: "Prompt", exact: true }).fill("turn on the porch light when it gets dark");
  await page.getByRole("switch", { name: "Compare with the base model" }).click();
  await page.getByRole("button", { name: "Ask", exact: true }).click();
  for (const kind of ["tuned", "base"]) {
    const answer = page.getByTestId(`answer-${kind}`);
    await answer.getByTestId("answer-text").waitFor({ timeout: PATIENCE });
    assert.match(await answer.textContent(), /whole [\d.]+\s(ms|s)[\d.]+ tokens\/s\d+\stokens?in (int8|f32)$/, `the ${kind} answer says how long it took`);
  }
  await looksRight(page, "4-answered");
  assert.deepEqual(complaints, []);
});

test("a person stops a run with its best adapter, resumes it, and discards the rest", { timeout: 3 * PATIENCE }, async () => {
  const { page, complaints } = await openPage("dark");
  await page.getByRole("textbox", { name: "Database or file" }).fill(manyRows);
  await page.keyboard.press("Enter");
  await page.getByText("60 of 60 rows can be used").waitFor();
  // Far more than anybody waits for: the run must still be at work when it is stopped.
  await page.getByRole("textbox", { name: "Epochs" }).fill("200");
  await page.getByRole("button", { name: "Advanced" }).click();
  await page.getByRole("textbox", { name: "Warm-up" }).fill("7");
  await page.getByRole("textbox", { name: "Patience" }).fill("0");
  await page.getByRole("textbox", { name: "Validate every" }).fill("4");
  await looksRight(page, "5-advanced");
  await page.getByRole("button", { name: "Start training" }).click();
  await page.locator("[data-testid=curve]:not([data-evaluations='0'])").waitFor({ timeout: PATIENCE });
  assert.match(await page.getByTestId("self-check").textContent(), /8 steps on one batch: [\d.]+ → [\d.]+/);

  await page.getByRole("button", { name: "Stop…" }).click();
  const dialog = page.getByRole("dialog", { name: "Stop this run?" });
  await dialog.waitFor();
  assert.equal(await focused(page), "Keep going", "a hasty Enter changes nothing");
  await looksRight(page, "6-stop");
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  assert.equal(await focused(page), "Stop…", "the focus goes back to where it came from");
  await page.keyboard.press("Enter");
  await dialog.getByRole("button", { name: "Stop and save" }).click();
  await page.getByTestId("run-status").first().getByText("Stopped, saved").waitFor({ timeout: PATIENCE });
  await page.getByRole("heading", { name: /^Ask / }).waitFor();
  await page.getByText("Stopped on request: the best adapter so far was saved.").waitFor();
  await looksRight(page, "7-stopped");

  const stopped = await page.getByRole("region", { name: /^run_/ }).getByRole("heading").first().textContent();
  const learned = Number(await page.getByTestId("curve").getAttribute("data-points"));
  await page.getByTestId("resume-run").click();
  await page.getByRole("heading", { name: "Active run" }).waitFor();
  await page.waitForFunction(
    (before) => Number(document.querySelector("[data-testid=curve]")?.getAttribute("data-points")) > before,
    learned,
    { timeout: PATIENCE },
  );
  await page.getByRole("button", { name: "Stop…" }).click();
  await dialog.getByRole("button", { name: "Discard" }).click();
  await page.getByTestId("run-status").first().getByText("Cancelled").waitFor({ timeout: PATIENCE });
  await page.getByTestId("run-details").click();
  const settings = page.getByRole("region", { name: /^run_/ });
  assert.match(await settings.textContent(), /Warm-up, steps7/, "a run that is resumed keeps what was chosen");
  await settings.getByRole("button", { name: `Show run ${stopped}` }).waitFor();
  await looksRight(page, "8-resumed");
  assert.deepEqual(complaints, []);
});

test("a copied command has only options that the program knows", async () => {
  const { page } = await openPage("light");
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  // The first run of this file: it was resumed from nothing, so its command names every setting.
  await page.getByRole("button", { name: /^More for run / }).last().click();
  await page.getByRole("menuitem", { name: "Copy as command" }).waitFor();
  await looksRight(page, "9-menu");
  await page.getByRole("menuitem", { name: "Copy as command" }).click();
  const command = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(command, /^attune train --data \S+ .*--epochs 30 /);
  const { stdout: help } = spawnSync(ATTUNE_BIN, ["train", "--help"], { encoding: "utf8" });
  const unknown = command.match(/--[a-z-]+/g).filter((option) => !help.includes(`${option} `));
  assert.deepEqual(unknown, []);
});

test("runs are laid over each other, and what differs between them is listed", async () => {
  const { page, complaints } = await openPage("light");
  await page.getByRole("checkbox", { name: /^Choose run / }).nth(0).check();
  await page.getByRole("checkbox", { name: /^Choose run / }).nth(2).check();
  await page.getByRole("button", { name: "Compare", exact: true }).click();
  // The run on sixty rows has a validation curve besides, that on four has none.
  await page.locator("[data-testid=overlay][data-lines='3']").waitFor();
  await page.getByRole("radiogroup", { name: "Compare by" }).getByText("Time", { exact: true }).click();
  await page.getByTestId("overlay").getByText("Time, s").waitFor();
  const table = await page.getByTestId("differences").textContent();
  assert.match(table, /Epochs20030/);
  assert.match(table, /Warm-up, steps75/);
  assert.doesNotMatch(table, /Weight decay/, "what is the same is not listed");
  await looksRight(page, "10-compared");
  await page.keyboard.press("Escape");
  await page.getByTestId("overlay").waitFor({ state: "detached" });
  assert.deepEqual(complaints, []);
});

test("a setting that no run can have is refused at its field", async () => {
  const { page } = await openPage("dark");
  await page.getByRole("textbox", { name: "Database or file" }).fill(manyRows);
  await page.keyboard.press("Enter");
  await page.getByText("60 of 60 rows can be used").waitFor();
  await page.getByRole("button", { name: "Advanced" }).click();
  await page.getByRole("textbox", { name: "Weight decay" }).fill("2");
  await page.getByRole("button", { name: "Start training" }).click();
  const field = page.getByRole("textbox", { name: "Weight decay" });
  await page.locator("[data-testid=parameter-weightDecay][aria-invalid=true]").waitFor();
  assert.match(await described(page, field), /it is 0 to 1/);
  await looksRight(page, "11-field");
});

test("a typed file is looked at before its field is left, so that the press that leaves it hits", async () => {
  const { page } = await openPage("light");
  const field = page.getByRole("textbox", { name: "Database or file" });
  await field.fill(`${manyRows}.missing`);
  await page.getByRole("alert").waitFor();
  await field.fill(manyRows);
  await page.getByText("60 of 60 rows can be used").waitFor();
  // By hand, for a click of the browser's own waits until nothing moves any more.
  const advanced = page.getByRole("button", { name: "Advanced" });
  await advanced.scrollIntoViewIfNeeded();
  const { x, y } = await advanced.boundingBox();
  await page.mouse.click(x + 4, y + 4, { delay: 80 });
  await page.getByRole("textbox", { name: "Weight decay" }).waitFor();
});

test("base models are listed with whether they are vouched for, and a folder that is none is refused", async () => {
  const { page } = await openPage("light");
  await page.getByRole("button", { name: "Get another base model…" }).click();
  const dialog = page.getByRole("dialog", { name: "Base models" });
  await dialog.getByText("Verified", { exact: true }).waitFor();
  await dialog.getByRole("button", { name: /^Download google\/flan-t5-small, \d+\sMB$/ }).waitFor();
  await dialog.getByRole("textbox", { name: "Folder of a T5 v1.1 model" }).fill(data);
  await dialog.getByRole("button", { name: "Import" }).click();
  await dialog.getByRole("alert").waitFor();
  await looksRight(page, "12-bases");
});

test("a database that does not exist is refused with a way out", async () => {
  const { page } = await openPage("dark");
  await page.getByRole("textbox", { name: "Database or file" }).fill(`${ATTUNE_TEST_DB}.missing`);
  await page.keyboard.press("Enter");
  await page.getByRole("alert").waitFor();
  await page.getByText("It cannot be used, see above.").waitFor();
  assert.equal(await page.getByRole("button", { name: "Start training" }).isDisabled(), true);
  await looksRight(page, "13-refused");
});

for (const theme of ["light", "dark"]) {
  test(`the version opens what Attune is, in the ${theme}`, async () => {
    const { page, complaints } = await openPage(theme);
    await page.getByRole("button", { name: /^Version / }).click();
    const about = page.getByRole("dialog", { name: "About Attune" });
    await about.getByText("Apache License 2.0").waitFor();
    await about.getByText(data).waitFor();
    await looksRight(page, `7-about-${theme}`);
    await page.keyboard.press("Escape");
    await about.waitFor({ state: "hidden" });
    assert.deepEqual(complaints, []);
  });
}

test("the page shows in the dark what it shows in the light", async () => {
  const { page, complaints } = await openPage("dark", { width: 1024, height: 700 });
  await page.getByTestId("curve").waitFor();
  await page.getByTestId("history-row").first().waitFor();
  await looksRight(page, "14-dark");
  assert.deepEqual(complaints, []);
});

/** The words of what has the focus. */
function focused(page) {
  return page.evaluate(() => document.activeElement.textContent);
}

/** What is said of a field besides its name. */
function described(page, field) {
  return field.evaluate((input) =>
    (input.getAttribute("aria-describedby") ?? "")
      .split(" ")
      .map((id) => document.getElementById(id)?.textContent)
      .join(" "),
  );
}
