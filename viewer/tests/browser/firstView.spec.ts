import { gzipSync } from "node:zlib";
import { expect, open, rows, test } from "./test";

/** The most that the list may load before its rows. Menus and dialogs follow afterwards. */
const FIRST_VIEW_BYTES = 175 * 1024;

// Executions that arrive or change would be requested, too.
test.use({ receiverOptions: { scenario: "shop", live: false } });

test("begins with one request for rows, and few scripts", async ({ page }) => {
  const paths: string[] = [];
  const sizes: Promise<number>[] = [];
  // A list that wants its rows before the live connection has opened requests them again. A slow
  // machine must not decide this, so the list's script waits for the connection.
  const opened = page.waitForResponse((response) => response.url().endsWith("/api/events"));
  await page.route(/\/viewer-[^/]*\.js$/, async (route) => {
    await opened;
    await route.continue();
  });
  // Menus and dialogs load a while after the rows. On a slow machine this is before the counts.
  await page.route(/\/(overlays|dist)-[^/]*\.js$/, () => undefined);
  page.on("response", (response) => {
    const { pathname } = new URL(response.url());
    paths.push(pathname);
    if (/\.(js|css)$/.test(pathname)) {
      sizes.push(response.body().then((body) => gzipSync(body).byteLength));
    }
  });
  await open(page);
  await expect(rows(page).first()).toBeVisible();
  await expect(page.getByRole("button", { name: /^All \d/ })).toBeVisible();
  const loaded = await Promise.all(sizes);
  expect(paths.filter((path) => path === "/api/summaries")).toHaveLength(1);
  expect(loaded.reduce((sum, size) => sum + size, 0)).toBeLessThan(FIRST_VIEW_BYTES);
});

test("a menu opens by a key at its first item, and a dialog gives the focus back", async ({
  page,
}) => {
  await open(page);
  const range = page.getByRole("button", { name: "any time" });
  await range.focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("menuitemradio").first()).toBeFocused();
  await page.keyboard.press("End");
  // The focus moves a moment later.
  await expect(page.getByRole("menuitemradio").first()).not.toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("dialog")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(range).toBeFocused();
});
