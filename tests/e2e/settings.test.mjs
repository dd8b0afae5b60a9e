// The settings page: each value with its source, saved, refused and reset; room, base models, findings and the log.

import assert from "node:assert/strict";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { looksRight, openBrowser, openPage, ownFolder, PATIENCE, serve } from "./journey.mjs";

const SECRET = "hf_never_to_be_seen";

let data;
let server;
let browser;

before(async () => {
  data = await ownFolder();
  await writeFile(join(data, ".env.local"), `HF_TOKEN=${SECRET}\nATTUNE_TRAINING_EPOCHS=5\n`);
  server = await serve(data);
  await fetch(`${server.address}/api/v1/first-start/finish`, { method: "POST" });
  browser = await openBrowser();
});

after(async () => {
  await browser?.close();
  await server?.end();
  if (data) await rm(data, { recursive: true, force: true });
});

test("a value is saved, told by its source, and reset to what would decide without it", { timeout: PATIENCE }, async () => {
  const { page, complaints } = await openSettings("light");
  const epochs = page.getByRole("textbox", { name: "Epochs" });
  await page.getByText(/^ATTUNE_TRAINING_EPOCHS in .*\.env\.local$/).waitFor();
  assert.equal(await epochs.inputValue(), "5");

  await epochs.fill("9");
  await page.keyboard.press("Enter");
  await page.getByTestId("state-trainingEpochs").getByText("Saved").waitFor();
  await page.reload();
  const reset = page.getByRole("button", { name: "Reset Epochs to 5 (environment)" });
  await reset.waitFor();
  assert.equal(await epochs.inputValue(), "9", "it is kept");
  await looksRight(page, "settings-1-here");
  await reset.focus();
  await page.keyboard.press("Enter");
  await reset.waitFor({ state: "detached" });
  await page.getByTestId("state-trainingEpochs").getByText("Saved").waitFor();
  assert.equal(await epochs.inputValue(), "5");
  assert.deepEqual(complaints, []);
});

test("what breaks a rule is refused at the field that is to blame, and taken back by Escape", { timeout: PATIENCE }, async () => {
  const { page } = await openSettings("dark");
  const epochs = page.getByRole("textbox", { name: "Epochs" });
  await epochs.fill("0");
  await page.keyboard.press("Enter");
  await page.locator("[data-testid=setting-trainingEpochs][aria-invalid=true]").waitFor();
  await page.getByText(/a run has 1 to 1000 epochs/).waitFor();

  // The switch lacks a folder: that is said at the folder, and the switch stays off.
  const served = page.getByRole("switch", { name: "Serve the newest adapter" });
  await served.click();
  await page.locator("[data-testid=setting-softPromptModelDir][aria-invalid=true]").waitFor();
  assert.equal(await served.isChecked(), false);
  await looksRight(page, "settings-2-refused");

  await epochs.focus();
  await page.keyboard.press("Escape");
  await page.locator("[data-testid=setting-trainingEpochs]:not([aria-invalid=true])").waitFor();
  assert.equal(await epochs.inputValue(), "5");
  const folder = page.getByRole("textbox", { name: "Folder of adapters" });
  await folder.fill(data);
  await page.keyboard.press("Enter");
  await page.getByTestId("state-softPromptModelDir").getByText("Saved").waitFor();
  await served.click();
  await page.getByTestId("state-softPromptEnabled").getByText("Saved").waitFor();
  assert.equal(await served.isChecked(), true);
});

test("a token is told to be there, and its value is nowhere", { timeout: PATIENCE }, async () => {
  const { page } = await openSettings("light");
  const token = page.getByTestId("surrounding-hfToken");
  await token.getByText("Set; its value is never shown").waitFor();
  await token.getByText(/^HF_TOKEN in .*\.env\.local$/).waitFor();
  await page.getByTestId("surrounding-dataFolder").getByText("--data-dir").waitFor();
  // A server listens as long as it runs, and says so in place of the switch.
  await page.getByTestId("address").getByText(server.address, { exact: true }).waitFor();
  await page.getByText("This is attune serve").waitFor();
  assert.equal(await page.getByTestId("listener-switch").count(), 0);
  assert.ok(!(await page.content()).includes(SECRET));
});

for (const theme of ["light", "dark"]) {
  test(`every section is reached by the keyboard and looks right in the ${theme}`, { timeout: PATIENCE }, async () => {
    const { page, complaints } = await openSettings(theme, { width: 1024, height: 700 });
    await page.getByRole("tab", { name: "General" }).focus();
    await looksRight(page, `settings-3-general-${theme}`);

    await page.keyboard.press("ArrowRight");
    await page.getByTestId("stored-database").waitFor();
    assert.match(await page.getByTestId("stored-database").textContent(), /\d+\skB/);
    await looksRight(page, `settings-4-data-${theme}`);

    await page.keyboard.press("ArrowRight");
    await page.getByText("Verified", { exact: true }).waitFor();
    await page.getByRole("button", { name: /^Download google\/flan-t5-small/ }).waitFor();
    await looksRight(page, `settings-5-bases-${theme}`);

    await page.keyboard.press("ArrowRight");
    await page.getByRole("tab", { name: "Endpoints", selected: true }).waitFor();
    await page.keyboard.press("ArrowRight");
    await page.getByText(/^\d of 8 are good$/).waitFor();
    await page.getByRole("button", { name: "Run again" }).click();
    await page.getByText(/^\d of 8 are good$/).waitFor();
    await looksRight(page, `settings-6-health-${theme}`);

    await page.getByRole("tab", { name: "Health" }).focus();
    await page.keyboard.press("ArrowRight");
    await page.getByTestId("log-entry").first().waitFor();
    await looksRight(page, `settings-7-log-${theme}`);
    assert.match(page.url(), /#settings\/log$/, "the way back leads through the section");
    assert.deepEqual(complaints, []);
  });
}

test("the log is narrowed to a text and to a request, and followed", { timeout: PATIENCE }, async () => {
  const { page } = await openSettings("light");
  await page.getByRole("tab", { name: "Log" }).click();
  const missing = await fetch(`${server.address}/api/v1/runs/none-of-${SECRET}`);
  const id = missing.headers.get("x-request-id");
  await page.getByRole("textbox", { name: "Text" }).fill("RUNS/NONE-OF");
  await page.getByRole("button", { name: `Show only request ${id}` }).click();
  assert.equal(await page.getByRole("textbox", { name: "Request" }).inputValue(), id);
  await page.getByTestId("log-entry").getByText("/api/v1/runs/none-of-[secret]").waitFor();

  await page.getByRole("textbox", { name: "Text" }).fill("not in any entry");
  await page.getByText("No entry fits").waitFor();
  await page.getByRole("textbox", { name: "Text" }).fill("one-more");
  await page.getByRole("textbox", { name: "Request" }).fill("");
  await page.getByText("No entry fits").waitFor();
  await page.getByRole("switch", { name: "Follow" }).click();
  await fetch(`${server.address}/api/v1/runs/one-more`);
  await page.getByTestId("log-entry").getByText("/api/v1/runs/one-more").waitFor({ timeout: PATIENCE });
});

async function openSettings(theme, viewport) {
  const opened = await openPage(browser, server.address, theme, viewport);
  await opened.page.getByRole("link", { name: "Settings" }).click();
  await opened.page.getByRole("heading", { name: "Settings", level: 1 }).waitFor();
  return opened;
}
