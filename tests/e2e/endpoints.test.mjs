// An endpoint in a browser: set up against a server that nobody here wrote, checked, tried, written with, deleted.

import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { after, before, test } from "node:test";
import { LLMock } from "@copilotkit/aimock";
import { looksRight, openBrowser, openPage, ownFolder, PATIENCE, serve } from "./journey.mjs";

/** Each stands for an attempt, so that none is a twin of another. */
const STORIES = [
  "The lighthouse keeper found an old map under the stairs. She followed it along the cliff to a door that nobody had opened since her grandmother's days, and behind it the sea was singing.",
  "Nobody in the village believed that the clock would strike again. Then Tomas climbed the tower with a feather and a drop of oil, and at noon all the bells answered him at once.",
  "Every evening a blue fox waited at the edge of the orchard. When the boy finally dared to ask why, it told him that his shadow had been traded away for a basket of winter pears.",
  "Captain Ruiz had crossed the desert twice, but never in a ship. On the third morning the sails filled with warm sand, the compass laughed, and the dunes began to carry them north.",
];

/** A port for which there is no service. */
const NOBODY = 1;

let data;
let server;
let browser;
let mock;

before(async () => {
  data = await ownFolder();
  mock = new LLMock({ port: 0 });
  let asked = 0;
  mock.on({ model: "storyteller" }, () => {
    asked += 1;
    return { content: STORIES[asked % STORIES.length] };
  });
  await mock.start();
  server = await serve(data);
  browser = await openBrowser();
});

after(async () => {
  await browser?.close();
  await server?.end();
  await mock?.stop();
  if (data) await rm(data, { recursive: true, force: true });
});

test("an endpoint is set up by keyboard, checked and tried, writes a batch, and is deleted", { timeout: PATIENCE }, async () => {
  const { page, complaints } = await openEndpoints("dark", { width: 1024, height: 700 });
  await page.getByText("No endpoints yet").waitFor();
  await looksRight(page, "endpoints-1-none");

  const add = page.getByRole("button", { name: "Add an endpoint" });
  await add.focus();
  await page.keyboard.press("Enter");
  const name = page.getByRole("textbox", { name: "Name" });
  await name.and(page.locator(":focus")).waitFor();
  await page.getByRole("button", { name: "Ollama", exact: true }).focus();
  await page.keyboard.press("Enter");
  assert.equal(await name.inputValue(), "Ollama");
  const address = page.getByRole("textbox", { name: "Base URL" });
  assert.equal(await address.inputValue(), "http://127.0.0.1:11434/v1");
  await address.fill(`${mock.url}/v1/`);
  await name.fill("Storyteller");
  await page.getByRole("button", { name: "List its models" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("option", { name: "storyteller" }).waitFor();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  assert.equal(await page.getByTestId("endpoint-model").inputValue(), "storyteller");
  await looksRight(page, "endpoints-2-adding");
  await page.getByRole("button", { name: "Save" }).press("Enter");

  const entry = page.getByTestId("endpoint");
  await entry.getByText(/^It answers and offers 1 model, this one among them/).waitFor();
  await entry.getByText("This computer").waitFor();
  await entry.getByText("none", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Trial of Storyteller" }).press("Enter");
  const sentence = await page.getByTestId("trial").locator("blockquote").textContent();
  assert.ok(STORIES.includes(sentence), sentence);
  await looksRight(page, "endpoints-3-tried");

  await page.getByRole("link", { name: "Generate" }).click();
  await page.getByTestId("generator-1").click();
  await page.getByRole("option", { name: /Storyteller/ }).click();
  await page.getByTestId("amount").fill("4");
  const estimate = page.getByTestId("estimate");
  await estimate.getByText("not measured yet").waitFor();
  await estimate.getByText("free: runs on this computer").waitFor();
  await looksRight(page, "endpoints-4-writer");
  mock.clearRequests();
  await page.getByRole("button", { name: "Generate 4 examples" }).click();
  await page.locator("[data-testid=batch][data-status=completed]").waitFor({ timeout: PATIENCE });
  const { examples } = await (await fetch(`${server.address}/api/v1/examples?limit=10`)).json();
  assert.deepEqual(examples.map(({ output }) => output).sort(), [...STORIES].sort(), "each row is the server's");
  const written = mock.getRequests().filter(({ path }) => path === "/v1/chat/completions");
  assert.equal(written.length, 4, "and each was asked for once");
  await page.getByRole("option").first().click();
  await page.getByRole("button", { name: "Where it comes from" }).click();
  await page.getByText(/^storyteller at http:\/\/127\.0\.0\.1:\d+, endpoint$/).waitFor();

  await page.getByRole("link", { name: "Endpoints" }).click();
  await page.getByRole("button", { name: "Delete Storyteller" }).press("Enter");
  await page.getByText("What it wrote stays.", { exact: false }).waitFor();
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  await page.getByText("No endpoints yet").waitFor();
  await add.and(page.locator(":focus")).waitFor();
  assert.deepEqual(complaints, []);
});

test("what is elsewhere says so before it is asked, and what is wrong stands where it is to be mended", { timeout: PATIENCE }, async () => {
  const { page } = await openEndpoints("light", { width: 1600, height: 1000 });
  await page.getByRole("button", { name: "Add an endpoint" }).click();
  await page.getByRole("textbox", { name: "Name" }).fill("Far away");
  await page.getByRole("textbox", { name: "Base URL" }).fill("models.invalid");
  await page.getByTestId("endpoint-model").fill("large");
  await page.getByRole("button", { name: "Save" }).click();
  await page.locator("[data-testid=endpoint-url][aria-invalid=true]").waitFor();
  await page.getByText(/this is no base URL of an endpoint/).waitFor();
  await page.getByRole("textbox", { name: "Base URL" }).fill("http://models.invalid/v1");
  // Nobody on the way may read a key, so it is refused; the endpoint is kept and says that its key is not.
  await page.getByTestId("endpoint-key-field").fill("sk-never-to-be-seen");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText(/the connection is not encrypted, so others could read it/).waitFor();
  await page.getByText("Far away is saved; its key could not be changed.").waitFor();
  await looksRight(page, "endpoints-5-refused");
  await page.getByTestId("endpoint-key-field").fill("");
  await page.getByRole("button", { name: "Save" }).click();
  const entry = page.getByTestId("endpoint");
  await entry.getByText("Elsewhere").waitFor();
  await page.getByRole("button", { name: "Trial of Far away" }).click();
  await page.getByText(/may cost what a sentence costs there/).waitFor();
  await looksRight(page, "endpoints-6-asks-first");
  await page.keyboard.press("Escape");

  await page.getByRole("link", { name: "Generate" }).click();
  await page.getByTestId("options").click();
  await page.getByTestId("judge").click();
  await page.getByRole("option", { name: "Far away" }).click();
  await page.getByText(/^Far away is not on this computer: what is asked goes there/).waitFor();
  await page.getByTestId("estimate").getByText("not known", { exact: true }).waitFor();
  await page.getByTestId("generator-1").click();
  await page.getByRole("option", { name: "A chat model in a GGUF file…" }).click();
  await page.getByText("Choose who writes.").waitFor();
  await page.getByRole("textbox", { name: "Path of generator 1" }).fill("models/relative.gguf");
  await page.getByText(/file cannot be .*models\/relative\.gguf/).waitFor();
  await looksRight(page, "endpoints-7-elsewhere");

  await page.getByRole("link", { name: "Endpoints" }).click();
  await page.getByRole("button", { name: "Edit Far away" }).click();
  await page.getByRole("textbox", { name: "Base URL" }).fill(`http://127.0.0.1:${NOBODY}/v1`);
  await page.getByRole("button", { name: "Save" }).click();
  await entry.getByText("This computer").waitFor();
  await entry.getByRole("alert").getByText(`could not reach http://127.0.0.1:${NOBODY}/v1`, { exact: false }).waitFor({ timeout: PATIENCE });
  await looksRight(page, "endpoints-8-failing");
});

async function openEndpoints(theme, viewport) {
  const opened = await openPage(browser, server.address, theme, viewport);
  await opened.page.getByRole("link", { name: "Settings" }).click();
  await opened.page.getByRole("tab", { name: "Endpoints" }).click();
  return opened;
}
