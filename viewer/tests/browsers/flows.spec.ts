import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { record, Receiver } from "../browser/receiver";
import type { Driver } from "./driver";
import { startFirefox } from "./firefox";
import { startWebKit } from "./webkit";

const FIREFOX = "/usr/bin/firefox-esr";
const WEBKIT = "/usr/bin/WebKitWebDriver";
const BROWSERS = [
  { name: "Firefox", path: FIREFOX, start: startFirefox },
  { name: "WebKitGTK", path: WEBKIT, start: startWebKit },
];
const DEADLINE_MS = 60_000;
const POLL_MS = 100;

describe.each(BROWSERS)("$name", ({ path, start }) => {
  let receiver: Receiver;
  let browser: Driver;

  beforeAll(async () => {
    if (!existsSync(path)) throw new Error(`${path} is missing: see CONTRIBUTING.md.`);
    receiver = await Receiver.start({ scenario: "empty" });
    browser = await start(path);
    await browser.open(receiver.link);
    await until(() => browser.evaluate("localStorage.getItem('flightlog.session')"));
  }, 2 * DEADLINE_MS);
  afterAll(async () => {
    await browser.quit();
    await receiver.stop();
  });

  const until = async <T>(read: () => Promise<T>): Promise<T> => {
    const end = Date.now() + DEADLINE_MS;
    for (;;) {
      const value = await read();
      if (value !== null && value !== false) return value;
      if (Date.now() > end) throw new Error("It did not come.");
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  };
  const see = (text: string) =>
    until(() =>
      browser.evaluate<boolean>(`document.body.innerText.includes(${JSON.stringify(text)})`),
    );
  const open = async (address: string) => {
    await browser.open(receiver.url + address);
    await see("live");
  };

  it("lists runs, finds one, and opens it by keys", async () => {
    await receiver.log(record("one"), record("two"));
    await open("/");
    await see("Posted two");
    await browser.press("/", ..."id:one".split(""), "Enter");
    await until(() => browser.evaluate("document.activeElement?.textContent === 'Posted one'"));
    await browser.press("Enter");
    await until(() => browser.evaluate("location.pathname === '/executions/one'"));
    await see("Timeline");
    await until(() =>
      browser.evaluate("document.querySelector('[data-sequence][data-status]') !== null"),
    );
  });

  it("copies a run after a request", async () => {
    await receiver.log(record("copied"));
    await open("/executions/copied");
    await see("Posted copied");
    await browser.click("[aria-label=Actions]");
    await see("Copy as JSON");
    await browser.evaluate(
      "[...document.querySelectorAll('[role=menuitem]')].find((each) => each.textContent.includes('Copy as JSON')).setAttribute('data-copy', '')",
    );
    await browser.click("[data-copy]");
    await see("Copied the run as JSON");
  });

  it("carries out a deletion although the tab is closed", async () => {
    const ids = Array.from({ length: 3 }, (_, index) => `leaving-${index}`);
    await receiver.log(...ids.map((id) => record(id)));
    for (const id of ids) {
      await open(`/?q=id:${id}`);
      await see(`Posted ${id}`);
      await browser.click("[role=row][data-id] input");
      await see("1 selected");
      await browser.press("#");
      await see("Execution deleted");
      await browser.closeTab();
    }
    for (const id of ids) await until(async () => !(await receiver.has(id)));
    expect(ids).toHaveLength(3);
  });
});
