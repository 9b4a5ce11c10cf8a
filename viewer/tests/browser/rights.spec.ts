import type { Browser, Page } from "@playwright/test";
import { Receiver, record } from "./receiver";
import { expect, open, rows, test } from "./test";

/** A page that begins without a session, in a browser that knows no other page. */
async function newPage(browser: Browser): Promise<Page> {
  const context = await browser.newContext({ storageState: { cookies: [], origins: [] } });
  return context.newPage();
}

test("without a session the page says how to get in, and a link lets it in", async ({
  browser,
}) => {
  const page = await newPage(browser);
  const receiver = await Receiver.start();
  try {
    await page.goto(`${receiver.url}/executions/order-ok`);
    await expect(page.getByText("This page has no access to the history")).toBeVisible();
    await expect(
      page.getByText(`flightlog open --port ${new URL(receiver.url).port}`, { exact: true }),
    ).toBeVisible();
    await expect(page.getByText("order-ok")).toHaveCount(0);

    await page.goto(receiver.link);
    await expect(rows(page).first()).toBeVisible();
    expect(page.url()).toBe(`${receiver.url}/`);

    // Bookmarks and further tabs work, live updates too.
    const bookmark = await page.context().newPage();
    await bookmark.goto(`${receiver.url}/executions/order-ok`);
    await expect(bookmark.getByRole("banner")).toContainText("Order intake");
    await expect(bookmark.getByRole("banner").getByText("live")).toBeAttached();
    await receiver.log(record("later"));
    await expect(rows(page).first()).toContainText("Posted later");

    // The link is worth nothing in another browser.
    const late = await newPage(browser);
    await late.goto(receiver.link);
    await expect(late.getByText("The code of this link was used before")).toBeVisible();
    await late.context().close();
  } finally {
    await page.context().close();
    await receiver.stop();
  }
});

test("a session that another tab begins lets a waiting page in", async ({ browser }) => {
  const page = await newPage(browser);
  const receiver = await Receiver.start();
  try {
    await page.goto(receiver.url);
    await expect(page.getByText("This page has no access")).toBeVisible();
    const second = await page.context().newPage();
    await open(second, receiver.link);
    await expect(rows(page).first()).toBeVisible();
  } finally {
    await page.context().close();
    await receiver.stop();
  }
});

test("a pasted token is used, and a wrong one is refused", async ({ browser }) => {
  const page = await newPage(browser);
  const receiver = await Receiver.start();
  try {
    await page.goto(receiver.url);
    const token = page.getByLabel(/paste a token/);
    await token.fill("flt_00000000_wrong");
    await page.getByRole("button", { name: "Use the token" }).click();
    await expect(page.getByText("no longer valid")).toBeVisible();
    await token.fill(await receiver.session());
    await page.getByRole("button", { name: "Use the token" }).click();
    await expect(rows(page).first()).toBeVisible();
  } finally {
    await page.context().close();
    await receiver.stop();
  }
});

test("a page that signs out has no access any more, and its session has ended", async ({
  browser,
}) => {
  const page = await newPage(browser);
  const receiver = await Receiver.start();
  try {
    await page.goto(receiver.link);
    await expect(rows(page).first()).toBeVisible();
    const session = await page.evaluate(() => localStorage.getItem("flightlog.session"));
    const headers = { authorization: `Bearer ${session}` };
    expect((await fetch(`${receiver.url}/api/counts`, { headers })).status).toBe(200);
    await page.getByRole("button", { name: "More" }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await expect(page.getByText("You have signed out of this page.")).toBeVisible();
    await page.reload();
    await expect(page.getByText("This page has no access to the history")).toBeVisible();
    expect((await fetch(`${receiver.url}/api/counts`, { headers })).status).toBe(401);
  } finally {
    await receiver.stop();
    await page.context().close();
  }
});

test("a page that is reloaded while it exchanges its code gets in all the same", async ({
  browser,
}) => {
  const page = await newPage(browser);
  const receiver = await Receiver.start();
  try {
    // The answer to the first exchange never reaches the page.
    let answered = 0;
    await page.route("**/api/sessions", async (route) => {
      answered += 1;
      const answer = await route.fetch();
      if (answered === 1) await route.abort();
      else await route.fulfill({ response: answer });
    });
    await page.goto(receiver.link);
    await expect(page.getByText("This page has no access to the history")).toBeVisible();
    await page.reload();
    await expect(rows(page).first()).toBeVisible();
    expect(answered).toBe(2);
  } finally {
    await receiver.stop();
    await page.context().close();
  }
});
