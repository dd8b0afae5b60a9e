// Generating in a browser: from the slider to a tuned model, reviewed by keyboard; a batch that outlives its server.

import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { after, before, test } from "node:test";
import { connected, looksRight, openBrowser, openPage, ownFolder, PATIENCE, serve } from "./journey.mjs";

let data;
let server;
let browser;

before(async () => {
  data = await ownFolder();
  server = await serve(data);
  browser = await openBrowser();
});

after(async () => {
  await browser?.close();
  await server?.end();
  await rm(data, { recursive: true, force: true });
});

test("a person slides, picks genres, previews, generates, reviews by keyboard and tunes", { timeout: 2 * PATIENCE }, async () => {
  const { page, complaints } = await openGenerate("dark", { width: 1024, height: 700 });
  assert.equal(await page.title(), "Generate · Attune");
  await page.getByText("not measured yet").waitFor();
  await looksRight(page, "generate-1-empty");
  assert.equal(await page.getByRole("button", { name: "Tune a model" }).isDisabled(), true, "nothing to tune on");

  await page.getByRole("slider", { name: "How many examples" }).focus();
  await page.keyboard.press("Home");
  for (let more = 1; more < 14; more += 1) await page.keyboard.press("ArrowRight");
  const genres = page.getByRole("group", { name: "Genres" });
  await genres.getByText("Fantasy", { exact: true }).click();
  await genres.getByText("Horror", { exact: true }).click();
  await page.getByRole("button", { name: "Save this combination…" }).click();
  await page.keyboard.type("Evenings");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Evenings", exact: true }).and(page.locator("[aria-pressed=true]")).waitFor();

  await page.getByRole("button", { name: "Preview", exact: true }).click();
  const previewed = page.getByTestId("preview-list").getByRole("listitem");
  await previewed.nth(4).waitFor({ timeout: PATIENCE });
  const first = await previewed.first().textContent();
  await page.getByText("The batch begins with the five of the preview.").waitFor();
  await looksRight(page, "generate-2-preview");

  await page.getByRole("button", { name: "Generate 14 examples" }).click();
  await page.locator("[data-testid=batch][data-status=completed]").waitFor({ timeout: PATIENCE });
  const list = page.getByRole("listbox", { name: "Examples, newest first" });
  await list.locator("[role=option][aria-setsize='14']").first().waitFor();
  const bars = await page.getByTestId("genre-bars").locator("figcaption").textContent();
  assert.match(bars, /Fantasy, \d of 7; Horror, \d of 7/, "as many of each genre");
  await page.getByTestId("estimate").getByText(/^about \d/).first().waitFor();
  await looksRight(page, "generate-3-results");

  await page.getByRole("button", { name: "Review these" }).click();
  await page.waitForFunction(() => document.activeElement?.role === "listbox");
  await page.keyboard.press("End");
  await position(page, "14 of 14");
  const oldest = await page.getByTestId("example-output").textContent();
  assert.ok(first.includes(oldest.slice(0, 40)), "it begins with what the preview showed");
  await page.keyboard.press("k");
  await position(page, "13 of 14");
  await page.keyboard.press("Home");
  for (let place = 0; place < 14; place += 1) {
    await position(page, `${place + 1} of 14`);
    await page.keyboard.press("a");
  }
  await page.locator("[role=option][aria-posinset='14'][data-status=accepted]").waitFor();
  await page.keyboard.press("r");
  await page.getByTestId("rejection").getByText("You rejected it.").waitFor();
  await page.keyboard.press("u");
  await page.getByTestId("rejection").waitFor({ state: "detached" });

  // What is said last is slow on its way, and still it is what is taken back.
  await page.route("**/review", (route) => setTimeout(() => void route.continue(), 300), { times: 1 });
  const answers = ["**/review", "**/undo"].map((door) => page.waitForResponse(door));
  await page.keyboard.press("r");
  await page.keyboard.press("u");
  const [reviewed] = await Promise.all(answers);
  const kept = await page.request.get(reviewed.url().replace("/review", ""));
  assert.equal((await kept.json()).status, "accepted");
  await page.getByTestId("rejection").waitFor({ state: "detached" });

  await page.keyboard.press("e");
  await page.getByRole("textbox", { name: "As it should be" }).and(page.locator(":focus")).waitFor();
  await page.keyboard.type(" The jar, a rare one, was edited.");
  await page.keyboard.press("Control+Enter");
  await page.getByTestId("example-original").waitFor();
  assert.match(await page.getByTestId("example-output").textContent(), / The jar, a rare one, was edited\.$/);
  assert.equal(await page.getByTestId("example-original").textContent(), oldest, "what was generated stays");
  await list.and(page.locator(":focus")).waitFor();
  await looksRight(page, "generate-4-reviewed");

  await page.getByTestId("filter-text").fill("a rare one");
  await position(page, "1 of 1");
  await page.getByTestId("filter-text").fill("nothing is like that");
  await page.getByRole("button", { name: "Clear the filters" }).click();
  await position(page, "14 of 14");

  await page.getByRole("button", { name: "Tune a model" }).click();
  await page.getByTestId("tuning-run").click();
  await page.getByRole("heading", { name: "Train", level: 1 }).waitFor();
  await page.getByTestId("history-row").filter({ hasText: "zega-me" }).waitFor();
  await page.getByRole("link", { name: "Generate" }).click();
  await page.getByText("14 examples accepted", { exact: false }).waitFor();
  assert.deepEqual(complaints, []);
});

test("a batch whose server is killed is continued in the same page, with no attempt twice", { timeout: 2 * PATIENCE }, async () => {
  const { page } = await openGenerate("light", { width: 1600, height: 1000 });
  await page.getByTestId("amount").fill("500");
  await page.getByTestId("options").click();
  await page.getByTestId("option-candidates").fill("1");
  await page.getByRole("button", { name: "Generate 500 examples" }).click();
  await page.waitForFunction(() => Number.parseInt(document.querySelector("[data-testid=batch-percent]")?.textContent ?? "0") > 0, undefined, { timeout: PATIENCE });
  await looksRight(page, "generate-5-running");
  await server.end("SIGKILL");
  await page.getByText("Attune does not answer at the moment; this is how it was.").waitFor();
  await looksRight(page, "generate-6-offline");
  server = await serve(data, server.port);
  await connected(page);
  await page.locator("[data-testid=batch][data-status=interrupted]").waitFor();
  await looksRight(page, "generate-7-interrupted");
  await page.getByRole("button", { name: "Continue" }).click();
  await page.locator("[data-testid=batch][data-status=completed]").waitFor({ timeout: PATIENCE });
  const results = await page.getByTestId("results").textContent();
  assert.match(results, /^Kept\d+ of 500/);
  const kept = await (await fetch(`${server.address}/api/v1/batches?limit=1`)).json();
  const { total } = await (await fetch(`${server.address}/api/v1/examples?batch=${kept[0].id}&limit=1`)).json();
  assert.equal(total, 500);

  await page.getByRole("button", { name: "Discard…" }).click();
  await page.getByText(/^Its 500 examples go for good/).waitFor();
  await page.getByRole("button", { name: "Discard", exact: true }).click();
  await page.getByText("500 examples discarded").waitFor();
  await page.getByTestId("batches").getByText(/of 500 kept/).waitFor({ state: "detached" });
});

async function openGenerate(theme, viewport) {
  const opened = await openPage(browser, server.address, theme, viewport);
  await opened.page.getByRole("link", { name: "Generate" }).click();
  await opened.page.getByRole("heading", { name: "Generate", level: 1 }).waitFor();
  await opened.page.getByText("Ready.", { exact: true }).waitFor();
  return opened;
}

function position(page, written) {
  return page.getByRole("region", { name: written, exact: true }).waitFor();
}
