// The served page in a browser: from a database to an answer, as a person would go, in both themes.
//
// ATTUNE_BIN is the program, ATTUNE_TEST_DB a small Ask AI database. Also heard: ATTUNE_BROWSER, ATTUNE_DATA_DIR, and
// ATTUNE_SCREENSHOTS, a folder for pictures of each stage.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { AxeBuilder } from "@axe-core/playwright";
import { chromium } from "playwright-core";

const { ATTUNE_BIN, ATTUNE_TEST_DB, ATTUNE_BROWSER = "/usr/bin/chromium", ATTUNE_SCREENSHOTS } = process.env;
assert.ok(ATTUNE_BIN && ATTUNE_TEST_DB, "set ATTUNE_BIN and ATTUNE_TEST_DB, or run `cargo xtask test`");

/** Training on a slow or busy machine; everything else answers within Playwright's own limits. */
const PATIENCE = 240_000;

let data;
let server;
let address;
let browser;

before(async () => {
  data = process.env.ATTUNE_DATA_DIR ?? (await mkdtemp(join(tmpdir(), "attune-e2e-")));
  server = spawn(ATTUNE_BIN, ["serve", "--port", "0", "--data-dir", data], { stdio: ["ignore", "pipe", "inherit"] });
  address = await printedAddress(server);
  browser = await chromium.launch({
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
});

after(async () => {
  await browser?.close();
  if (server && server.exitCode === null) {
    const ended = new Promise((resolve) => server.once("exit", resolve));
    server.kill();
    await ended;
  }
  if (!process.env.ATTUNE_DATA_DIR && data) await rm(data, { recursive: true, force: true });
});

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

  await page.getByRole("textbox", { name: "Prompt" }).fill("turn on the porch light when it gets dark");
  await page.getByRole("switch", { name: "Compare with the base model" }).click();
  await page.getByRole("button", { name: "Ask", exact: true }).click();
  for (const kind of ["tuned", "base"]) {
    const answer = page.getByTestId(`answer-${kind}`);
    await answer.getByTestId("answer-text").waitFor({ timeout: PATIENCE });
    assert.match(await answer.textContent(), /\d\s(ms|s)\d+\stokens?$/, `the ${kind} answer says how long it took`);
  }
  await looksRight(page, "4-answered");
  assert.deepEqual(complaints, []);
});

test("a database that does not exist is refused with a way out", async () => {
  const { page } = await openPage("dark");
  await page.getByRole("textbox", { name: "Database or file" }).fill(`${ATTUNE_TEST_DB}.missing`);
  await page.keyboard.press("Enter");
  await page.getByRole("alert").waitFor();
  await page.getByText("It cannot be used, see above.").waitFor();
  assert.equal(await page.getByRole("button", { name: "Start training" }).isDisabled(), true);
  await looksRight(page, "5-refused");
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
  await looksRight(page, "6-dark");
  assert.deepEqual(complaints, []);
});

async function openPage(colorScheme, viewport = { width: 1280, height: 900 }) {
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
  await page.getByRole("heading", { name: "Train", level: 1 }).waitFor();
  await page.getByText("Connected", { exact: true }).waitFor();
  return { page, complaints };
}

/** Resolves once the curve was seen with two different numbers of points: it is alive, not drawn at the end. */
function curveGrows(page) {
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

/** No barrier that axe finds, and a picture for whoever wants to look. */
async function looksRight(page, stage) {
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

async function printedAddress({ stdout }) {
  for await (const line of createInterface({ input: stdout })) {
    const [found] = line.match(/http:\/\/127\.0\.0\.1:\d+/) ?? [];
    if (found) return found;
  }
  throw new Error("attune serve ended without printing an address");
}
