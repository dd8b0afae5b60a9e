// Draws the application icons from icon.svg: `npm ci --prefix tests/e2e && node src-tauri/icons/make_icons.mjs`.
// They are committed, so that a build needs no browser. CHROMIUM names the browser, if it is not in its usual place.

import { readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";

const require = createRequire(new URL("../../tests/e2e/package.json", import.meta.url));
const { chromium } = require("playwright-core");

const here = (name) => new URL(name, import.meta.url);
const svg = await readFile(here("icon.svg"), "utf8");

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu"],
});
const page = await browser.newPage();
await writeFile(here("32x32.png"), await drawn(32));
await writeFile(here("128x128.png"), await drawn(128));
await writeFile(here("icon.png"), await drawn(512));
await writeFile(here("icon.ico"), await ico([16, 24, 32, 48, 64, 256]));
await browser.close();

async function drawn(size) {
  await page.setViewportSize({ width: size, height: size });
  await page.setContent(`<style>* { margin: 0 } svg { display: block; width: 100vw; height: 100vh }</style>${svg}`);
  return page.screenshot({ omitBackground: true });
}

/** An icon file is a directory of sizes, followed by one PNG for each. */
async function ico(sizes) {
  const images = [];
  for (const size of sizes) images.push(await drawn(size));
  const header = Buffer.alloc(6);
  header.writeUInt16LE(1, 2);
  header.writeUInt16LE(sizes.length, 4);
  let offset = header.length + 16 * sizes.length;
  const entries = sizes.map((size, index) => {
    const entry = Buffer.alloc(16);
    // One byte each: 256 is written as 0.
    entry.writeUInt8(size % 256, 0);
    entry.writeUInt8(size % 256, 1);
    entry.writeUInt16LE(1, 4);
    entry.writeUInt16LE(32, 6);
    entry.writeUInt32LE(images[index].length, 8);
    entry.writeUInt32LE(offset, 12);
    offset += images[index].length;
    return entry;
  });
  return Buffer.concat([header, ...entries, ...images]);
}
