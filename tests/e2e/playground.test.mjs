// The playground in a browser: models side by side, a blind vote and a verdict by keyboard alone, what is kept of them.

import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { after, before, test } from "node:test";
import { openBrowser, openPage, ownFolder, PATIENCE, looksRight, rowsIn, serve } from "./journey.mjs";

const PROMPT = "Light for room 2?";

let data;
let server;
let browser;
/** A completed run, as the API shows it. */
let run;

before(async () => {
  data = await ownFolder();
  server = await serve(data);
  run = await trained(await rowsIn(data, 4));
  browser = await openBrowser();
});

after(async () => {
  await browser?.close();
  await server?.end();
  await rm(data, { recursive: true, force: true });
});

test("a person compares blind, votes and approves by keyboard alone, and it is there after a reload", { timeout: PATIENCE }, async () => {
  const { page, complaints } = await openPlayground("dark", { width: 1024, height: 700 });
  assert.equal(await page.title(), "Playground · Attune");
  await looksRight(page, "playground-1-empty");

  await tabTo(page, "Prompt");
  await page.keyboard.type(PROMPT);
  await tabTo(page, "Blind");
  await page.keyboard.press("Space");
  await page.keyboard.press("Shift+Tab");
  await tabTo(page, "Ask");
  await page.keyboard.press("Enter");
  await answered(page, 2);
  assert.equal(await focused(page), "Prompt", "the next prompt can be written at once");
  const answers = page.getByRole("region", { name: "Answers" });
  const hidden = await answers.evaluate((region) => region.outerHTML);
  for (const told of [run.runIdentifier, "attune-mini", run.adapterDigest.slice(7, 19), "tokens", "data-kind"]) {
    assert.ok(!hidden.includes(told), `before the vote nothing says ${told}`);
  }
  await looksRight(page, "playground-2-blind");

  await tabTo(page, "Left");
  await page.keyboard.press("Enter");
  await page.getByText(/^You chose left: /).waitFor();
  assert.equal(await focused(page), "Undo last vote", "the focus stays where the question was");
  const digests = await page.getByTestId("answer-origin").allTextContents();
  assert.equal(digests.filter((text) => text.includes(run.adapterDigest.slice(7, 19))).length, 1, "it is revealed");
  const tally = page.getByTestId("tally");
  assert.match(await tally.textContent(), new RegExp(`^${run.runIdentifier}.*attune-mini`));

  await page.keyboard.press("Shift+Tab");
  await tabTo(page, "Approve", { backwards: true });
  await page.keyboard.press("Enter");
  await page.getByTestId("verdict").waitFor();
  assert.equal(await focused(page), "Undo: Approved");
  await looksRight(page, "playground-3-voted");

  await page.getByRole("link", { name: "Train" }).click();
  await page.getByRole("heading", { name: "Train", level: 1 }).waitFor();
  await page.getByRole("link", { name: "Playground" }).click();
  await page.getByTestId("verdict").waitFor();
  assert.equal(await page.getByTestId("answer").count(), 2, "what was asked is there when one comes back");

  const before = await tally.textContent();
  await page.reload();
  const saved = page.getByTestId("saved-feedback");
  await saved.waitFor();
  assert.match(await saved.textContent(), /^Approved/);
  assert.equal(await tally.textContent(), before);
  await tabTo(page, "Undo last");
  await page.keyboard.press("Enter");
  await page.getByText("Nothing saved yet").waitFor();
  await tabTo(page, "Undo last vote", { backwards: true });
  await page.keyboard.press("Enter");
  await page.getByText("No votes yet").waitFor();
  assert.deepEqual(complaints, []);
});

test("four models get the same seed, each fails on its own, and an answer is put right", { timeout: PATIENCE }, async () => {
  const { page, complaints } = await openPlayground("light", { width: 1600, height: 1000 });
  await page.getByRole("button", { name: "Add a model" }).click();
  await page.getByRole("button", { name: "Add a model" }).click();
  await chooseFolder(page, 3, `${run.outputDir}/latest`);
  await chooseFolder(page, 4, `${data}/nothing`);
  assert.equal(await page.getByRole("switch", { name: "Blind" }).isDisabled(), true, "a vote is between two");
  await page.getByRole("textbox", { name: "Prompt", exact: true }).fill(PROMPT);
  await page.getByRole("button", { name: "How it answers" }).click();
  await page.getByRole("textbox", { name: "Temperature" }).fill("0.8");
  await page.keyboard.press("Control+Enter");

  const panes = page.getByTestId("answer");
  await panes.nth(3).getByRole("alert").waitFor();
  await panes.nth(3).getByText(/no adapter at .*nothing/).waitFor();
  const figures = await page.getByTestId("answer-figures").allTextContents();
  const seeds = figures.map((text) => text.match(/seed (\d+)/)?.[1]);
  assert.deepEqual(seeds, [seeds[0], seeds[0], seeds[0]], "the same draws for all");
  for (const text of figures) assert.match(text, /whole [\d.]+\s(ms|s).*tokens?in (int8|f32)$/);
  const [byRun, , byFolder] = await page.getByTestId("answer-origin").allTextContents();
  assert.equal(byFolder, byRun, "the folder of the run answers with the same adapter");
  await looksRight(page, "playground-4-four");

  const first = panes.first();
  await first.getByRole("button", { name: "Another answer" }).click();
  await first.getByTestId("answer-figures").getByText(new RegExp(`seed (?!${seeds[0]})`)).waitFor();
  await first.getByRole("button", { name: "Edit…" }).click();
  const long = "Turn on light 2, and leave it on until somebody says otherwise. ".repeat(40);
  await first.getByRole("textbox", { name: "The answer as it should be" }).fill(long);
  await first.getByRole("button", { name: "Save" }).click();
  await first.getByTestId("verdict").getByText("Edited").waitFor();
  const saved = page.getByTestId("saved-feedback");
  await saved.nth(1).waitFor();
  assert.deepEqual(
    (await saved.allTextContents()).map((text) => text.match(/^[A-Z][a-z]+(?=Light)/)?.[0]),
    ["Edited", "Regenerated"],
  );
  await looksRight(page, "playground-5-edited");
  await first.getByRole("button", { name: "Undo: Edited" }).click();
  await first.getByRole("button", { name: "Approve" }).waitFor();
  // What the browser says of the answer that was refused on purpose.
  assert.deepEqual(complaints.filter((text) => !text.includes("422")), []);
});

test("a stopped round keeps what came, and its prompt is at hand", { timeout: PATIENCE }, async () => {
  const { page, complaints } = await openPlayground("dark", { width: 1280, height: 900 });
  await page.getByRole("textbox", { name: "Prompt", exact: true }).fill("Continue: once");
  await page.getByRole("button", { name: "How it answers" }).click();
  await page.getByRole("textbox", { name: "Temperature" }).fill("1");
  await page.getByRole("textbox", { name: "Longest answer" }).fill("1024");
  // Whatever is drawn, it is long, and Stop is pressed as soon as it grows: on a busy machine a click from outside would
  // come after its end.
  await page.route("**/generate/stream", (route) => {
    const question = { ...route.request().postDataJSON(), minNewTokens: 1024 };
    return route.continue({ postData: JSON.stringify(question) });
  });
  await page.evaluate(() => {
    const press = new MutationObserver(() => {
      if (!document.querySelector("[data-testid=answer-growing]")) return;
      press.disconnect();
      [...document.querySelectorAll("button")].find(({ textContent }) => textContent === "Stop").click();
    });
    press.observe(document.body, { subtree: true, childList: true });
  });
  await page.keyboard.press("Control+Enter");
  await page.waitForFunction(
    () => document.querySelectorAll("[data-testid=answer][data-state=stopped]").length === 2,
  );
  assert.match(await page.getByTestId("answer").first().textContent(), /You stopped it here\.$/);
  assert.match(await page.getByTestId("answer").last().textContent(), /You stopped it before it began\.$/);
  await looksRight(page, "playground-6-stopped");
  await page.getByRole("textbox", { name: "Prompt", exact: true }).fill("");
  await page.getByRole("button", { name: "Earlier prompts" }).click();
  await page.getByRole("menuitem", { name: "Continue: once" }).click();
  assert.equal(await page.getByRole("textbox", { name: "Prompt", exact: true }).inputValue(), "Continue: once");
  assert.deepEqual(complaints, []);
});

for (const theme of ["light", "dark"]) {
  test(`in a narrow window every page is reached by keyboard, in the ${theme}`, async () => {
    const { page, complaints } = await openPage(browser, server.address, theme, { width: 640, height: 700 });
    await tabTo(page, "Open the navigation");
    await page.keyboard.press("Enter");
    await page.getByRole("link", { name: "Playground" }).waitFor();
    await looksRight(page, `playground-7-narrow-${theme}`);
    await page.keyboard.press("Escape");
    assert.equal(await focused(page), "Open the navigation", "Escape closes what was opened");
    await page.keyboard.press("Enter");
    await tabTo(page, "Playground");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Playground", level: 1 }).waitFor();
    await page.getByRole("link", { name: "Playground" }).waitFor({ state: "hidden" });
    assert.equal(await focused(page), "Playground", "reading begins with the page that was chosen");
    await looksRight(page, `playground-8-narrow-${theme}`);
    assert.deepEqual(complaints, []);
  });
}

async function openPlayground(theme, viewport) {
  const opened = await openPage(browser, server.address, theme, viewport);
  await opened.page.getByRole("link", { name: "Playground" }).click();
  await opened.page.getByRole("heading", { name: "Playground", level: 1 }).waitFor();
  await opened.page.getByTestId("model-2").waitFor();
  return opened;
}

async function chooseFolder(page, place, path) {
  await page.getByTestId(`model-${place}`).click();
  await page.getByRole("option", { name: "Adapter folder…" }).click();
  await page.getByRole("textbox", { name: `Adapter folder of model ${place}` }).fill(path);
}

async function answered(page, count) {
  await page.waitForFunction(
    (count) => document.querySelectorAll("[data-testid=answer][data-state=answered]").length === count,
    count,
    { timeout: PATIENCE },
  );
}

/** Goes on by Tab until what has the focus is called so. */
async function tabTo(page, name, { backwards = false } = {}) {
  const passed = [];
  for (let press = 0; press < 60; press += 1) {
    const called = await focused(page);
    if (called === name) return;
    passed.push(called);
    await page.keyboard.press(backwards ? "Shift+Tab" : "Tab");
  }
  assert.fail(`Tab never came to ${name}, but to ${passed.join(", ")}`);
}

/** How assistive technology calls what has the focus. */
function focused(page) {
  return page.evaluate(() => {
    const { activeElement: element } = document;
    const label = element.labels?.[0]?.textContent;
    return element.getAttribute("aria-label") ?? label ?? element.textContent;
  });
}

async function trained(dataPath) {
  const asked = { method: "POST", headers: { "content-type": "application/json" } };
  const body = JSON.stringify({ dataPath, epochs: 1, runIdentifier: "lights" });
  const { id } = await (await fetch(`${server.address}/api/v1/runs`, { ...asked, body })).json();
  const { body: events } = await fetch(`${server.address}/api/v1/events`);
  const decoder = new TextDecoder();
  for await (const chunk of events) {
    if (!decoder.decode(chunk, { stream: true }).includes("completed")) continue;
    return (await fetch(`${server.address}/api/v1/runs/${id}`)).json();
  }
  throw new Error("the event stream ended before the run");
}
