// Every page of the navigation, in both themes and both sizes, empty and with something on it: no barrier that axe finds,
// nothing cut off sideways, nothing in the console. A page that joins the navigation is looked at from then on.

import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { after, before, test } from "node:test";
import { chooseRows, looksRight, openBrowser, openPage, ownFolder, PATIENCE, rowsIn, serve } from "./journey.mjs";

const SIZES = [
  { width: 1024, height: 700 },
  { width: 1600, height: 1000 },
];

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

test("every page is without barriers while nothing is there", { timeout: PATIENCE }, () => everyPage("empty"));

test("every page is without barriers once a model was trained", { timeout: 2 * PATIENCE }, async () => {
  const { page } = await openPage(browser, server.address, "light");
  await chooseRows(page, await rowsIn(data));
  await page.getByRole("textbox", { name: "Epochs" }).fill("1");
  await page.getByRole("button", { name: "Start training" }).click();
  await page.getByRole("heading", { name: /^Ask / }).waitFor({ timeout: PATIENCE });
  await page.context().close();
  await everyPage("full");
});

async function everyPage(state) {
  for (const theme of ["light", "dark"]) {
    for (const size of SIZES) {
      const { page, complaints } = await openPage(browser, server.address, theme, size);
      const links = page.getByRole("navigation").getByRole("link");
      const names = await links.allTextContents();
      assert.ok(names.includes("Train"), `the navigation names its pages: ${names}`);
      for (const name of names) {
        await links.filter({ hasText: new RegExp(`^${name}$`) }).click();
        await page.getByRole("heading", { level: 1 }).waitFor();
        await page.waitForFunction(() => !document.querySelector(".mantine-Skeleton-root"));
        await looksRight(page, `${name.toLowerCase()}-${state}-${theme}-${size.width}`);
        const width = await page.evaluate(() => document.documentElement.scrollWidth);
        assert.ok(width <= size.width, `${name} is ${width} pixels wide in a window of ${size.width}`);
      }
      assert.deepEqual(complaints, []);
      await page.context().close();
    }
  }
}
