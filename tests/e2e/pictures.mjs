// Takes the pictures of the documentation anew: the end of the first start and every page of the navigation, in both
// themes, into docs/images.
//
// `npm --prefix tests/e2e run pictures`, after a build. It makes the run of the first start first, which takes a minute or
// two; the page must show what it really does. ATTUNE_BIN is the program, by default that of a development build.

import { mkdir, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
process.env.ATTUNE_BIN ??= `${root}target/debug/attune`;
const { connected, openBrowser, openPage, ownFolder, PATIENCE, serveFirst } = await import("./journey.mjs");

const SIZE = { width: 1440, height: 1000 };
const QUESTION = "good evening, put out the lamps in the hall please";

const data = await ownFolder();
const server = await serveFirst(data);
const browser = await openBrowser();
try {
  const start = (page) => page.getByTestId("start-first-run").waitFor();
  const { page } = await openPage(browser, server.address, "light", SIZE, start);
  await page.getByTestId("start-first-run").click();
  await page.locator("[data-testid=comparison][data-complete=true]").waitFor({ timeout: 3 * PATIENCE });
  await mkdir(`${root}docs/images`, { recursive: true });
  for (const theme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme: theme });
    await picture(page, `first-start-${theme}`);
  }
  await page.getByTestId("leave-first-start").click();
  await connected(page);
  await page.context().close();
  for (const theme of ["light", "dark"]) await picturesIn(theme);
} finally {
  await browser.close();
  await server.end();
  await rm(data, { recursive: true, force: true });
}

async function picturesIn(theme) {
  const { page } = await openPage(browser, server.address, theme, SIZE);
  const links = page.getByRole("navigation").getByRole("link");
  for (const name of await links.allTextContents()) {
    await links.filter({ hasText: new RegExp(`^${name}$`) }).click();
    await page.waitForFunction(() => !document.querySelector(".mantine-Skeleton-root"));
    if (name === "Generate") await generate(page);
    if (name === "Train") await ask(page);
    if (name === "Playground") await askBoth(page);
    await picture(page, `${name.toLowerCase()}-${theme}`);
  }
  await page.context().close();
}

async function picture(page, name) {
  const path = `docs/images/${name}.png`;
  await page.screenshot({ path: root + path, animations: "disabled" });
  console.log(path);
}

/** A batch with its results; the second theme shows that of the first. */
async function generate(page) {
  if ((await page.getByTestId("batches").getByRole("listitem").count()) === 0) {
    await page.getByRole("group", { name: "Genres" }).getByText("Fantasy", { exact: true }).click();
    await page.getByRole("group", { name: "Genres" }).getByText("Mystery", { exact: true }).click();
    await page.getByRole("button", { name: /^Generate \d+ examples$/ }).click();
  }
  await page.locator("[data-testid=batch][data-status=completed]").waitFor({ timeout: PATIENCE });
  await page.getByRole("heading", { level: 1 }).scrollIntoViewIfNeeded();
}

/** Both answers beside each other say best what a training is good for. */
async function ask(page) {
  await page.getByTestId("curve").waitFor();
  await page.getByRole("textbox", { name: "Prompt", exact: true }).fill(QUESTION);
  await page.getByRole("switch", { name: "Compare with the base model" }).click();
  await page.getByRole("button", { name: "Ask", exact: true }).click();
  for (const kind of ["tuned", "base"]) {
    await page.getByTestId(`answer-${kind}`).getByTestId("answer-text").waitFor({ timeout: PATIENCE });
  }
  await page.getByRole("heading", { level: 1 }).scrollIntoViewIfNeeded();
}

/** The model of the first start beside its base. */
async function askBoth(page) {
  await page.getByRole("textbox", { name: "Prompt", exact: true }).fill(QUESTION);
  await page.getByRole("button", { name: "Ask", exact: true }).click();
  await page.getByTestId("answer-origin").nth(1).waitFor({ timeout: PATIENCE });
  await page.getByRole("heading", { level: 1 }).scrollIntoViewIfNeeded();
}
