// What happens to a page while a run goes on: it is watched, reloaded, closed and opened again, opened twice, and cut off.

import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { after, before, test } from "node:test";
import {
  chooseRows,
  connected,
  curveGrows,
  openBrowser,
  openPage,
  ownFolder,
  PATIENCE,
  rowsIn,
  serve,
  tasksDuring,
  written,
} from "./journey.mjs";

/** Milliseconds of the processor. The figure is 100. */
const LONGEST_TASK = 250;

let data;
let rows;
let server;
let browser;

before(async () => {
  data = await ownFolder();
  rows = await rowsIn(data);
  server = await serve(data);
  browser = await openBrowser();
});

after(async () => {
  await browser?.close();
  await server?.end();
  await rm(data, { recursive: true, force: true });
});

test("a run goes on while its page is watched, reloaded, closed, opened again and opened twice", { timeout: 3 * PATIENCE }, async (t) => {
  const { page, complaints } = await openPage(browser, server.address, "light");
  const name = await startLongRun(page);
  await curveGrows(page);
  const tasks = await tasksDuring(browser, page, async () => {
    await pointsBeyond(page, (await points(page)) + 200);
  });
  t.diagnostic(`longest tasks while 200 steps arrive: ${written(tasks)}`);
  assert.ok((tasks[0] ?? 0) < LONGEST_TASK, `a task took ${tasks[0]} ms`);

  await page.reload();
  await connected(page);
  await page.getByRole("heading", { name: "Active run" }).waitFor();
  await pointsBeyond(page, await points(page));
  assert.ok((await points(page)) > 200, "the curve is whole again");

  await page.close();
  const again = await openPage(browser, server.address, "dark");
  await again.page.getByRole("heading", { name: "Active run" }).waitFor();
  await pointsBeyond(again.page, await points(again.page));

  // Another window of the same person knows the same, and what is done in one is seen in the other.
  const other = await openPage(browser, server.address, "light");
  await other.page.getByTestId("history-row").filter({ hasText: name }).waitFor();
  await other.page.getByRole("button", { name: "Stop…" }).click();
  await other.page.getByRole("dialog").getByRole("button", { name: "Stop and save" }).click();
  for (const { page } of [again, other]) {
    await page.getByTestId("run-status").first().getByText("Stopped, saved").waitFor({ timeout: PATIENCE });
  }
  assert.deepEqual([...complaints, ...again.complaints, ...other.complaints], []);
});

test("a page that loses its server says so, and finds what became of its run when it is back", { timeout: 3 * PATIENCE }, async () => {
  const { page, complaints } = await openPage(browser, server.address, "dark");
  await startLongRun(page);
  await curveGrows(page);
  await server.end("SIGKILL");
  await page.getByText("Reconnecting…").waitFor();
  await page.getByText("Attune does not answer at the moment.").waitFor();
  for (const name of ["Start training", "Add to queue"]) {
    assert.equal(await page.getByRole("button", { name }).isDisabled(), true, name);
  }

  server = await serve(data, server.port);
  await connected(page);
  await page.getByTestId("run-status").first().getByText("Interrupted").waitFor({ timeout: PATIENCE });
  await page.getByTestId("resume-run").waitFor();
  // The browser itself reports each attempt to connect; nothing else may have been said.
  assert.deepEqual(complaints.filter((text) => !/net::ERR_/.test(text)), []);
});

test("a page whose parts cannot be loaded says so, and the others work", async () => {
  const { page } = await openPage(browser, server.address, "light");
  await page.route("**/assets/Curve-*.js", (route) => route.abort());
  await page.reload();
  const said = page.getByRole("alert").filter({ hasText: "This page could not be drawn" });
  await said.waitFor();
  await page.getByRole("link", { name: "Settings" }).click();
  await page.getByRole("heading", { name: "Settings", level: 1 }).waitFor();

  await page.unroute("**/assets/Curve-*.js");
  await page.getByRole("link", { name: "Train" }).click();
  await said.getByRole("button", { name: "Try again" }).click();
  await page.locator("[data-testid=curve]").waitFor();
});

/** Far more epochs than anybody waits for; answers the run's name. */
async function startLongRun(page) {
  await chooseRows(page, rows);
  await page.getByRole("textbox", { name: "Epochs" }).fill("1000");
  await page.getByRole("button", { name: "Advanced" }).click();
  await page.getByRole("textbox", { name: "Patience" }).fill("0");
  await page.getByRole("button", { name: "Start training" }).click();
  await page.getByRole("heading", { name: "Active run" }).waitFor();
  const button = page.getByTestId("history-row").first().getByRole("button", { name: /^Show run / });
  return (await button.getAttribute("aria-label")).replace("Show run ", "");
}

async function points(page) {
  const curve = page.locator("[data-testid=curve]:not([data-points='0'])");
  return Number(await curve.getAttribute("data-points", { timeout: PATIENCE }));
}

function pointsBeyond(page, count) {
  return page.waitForFunction(
    (count) => Number(document.querySelector("[data-testid=curve]")?.getAttribute("data-points")) > count,
    count,
    { timeout: PATIENCE },
  );
}
