import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { httpClient } from "@/api";
import { FIRST_PAGE_PATH, SESSION_KEY, sendEarly, takeEarly } from "@/api/early";
import { summariesPath } from "@/api/query";
import { PAGE_SIZE } from "@/model/window";

const EVENTS = "/api/events";
let asked: string[];
let answers: Map<string, (response: Response) => void>;

beforeEach(() => {
  asked = [];
  answers = new Map();
  openAddress("");
  vi.stubGlobal("document", { visibilityState: "visible" });
  vi.stubGlobal("sessionStorage", { getItem: () => null });
  vi.stubGlobal("localStorage", {
    getItem: (key: string) => (key === SESSION_KEY ? "fls_1" : null),
  });
  vi.stubGlobal("fetch", (path: string) => {
    asked.push(path);
    return new Promise<Response>((answer) => answers.set(path, answer));
  });
});

afterEach(() => {
  // No request may be left for another test.
  for (const path of [EVENTS, FIRST_PAGE_PATH]) takeEarly(path, null);
  vi.unstubAllGlobals();
});

function openAddress(search: string) {
  vi.stubGlobal("location", { pathname: "/", search, hash: "" });
}

test("the early page is the page that the list requests", () => {
  expect(FIRST_PAGE_PATH).toBe(summariesPath({}, { limit: PAGE_SIZE }));
});

test("the page is requested after the events have opened, and the list takes it over", async () => {
  void sendEarly();
  await vi.waitFor(() => expect(asked).toEqual([EVENTS]));
  answers.get(EVENTS)?.(new Response(""));
  await vi.waitFor(() => expect(asked).toEqual([EVENTS, FIRST_PAGE_PATH]));
  const page = httpClient("", { token: () => "fls_1" }).summaries({}, { limit: PAGE_SIZE });
  answers.get(FIRST_PAGE_PATH)?.(Response.json({ summaries: [] }));
  await expect(page).resolves.toEqual({ summaries: [] });
  expect(asked).toEqual([EVENTS, FIRST_PAGE_PATH]);
  expect(takeEarly(EVENTS, "fls_1")?.precedesPage()).toBe(true);
});

test("a list that wants its page doesn't wait for the events", async () => {
  void sendEarly();
  const page = takeEarly(FIRST_PAGE_PATH, "fls_1");
  await vi.waitFor(() => expect(asked).toEqual([EVENTS, FIRST_PAGE_PATH]));
  answers.get(FIRST_PAGE_PATH)?.(new Response("page"));
  expect(await (await page?.response)?.text()).toBe("page");
  const events = takeEarly(EVENTS, "fls_1");
  answers.get(EVENTS)?.(new Response(""));
  await events?.response;
  expect(events?.precedesPage()).toBe(false);
});

test("an early request serves once, and only the session that sent it", () => {
  void sendEarly();
  expect(takeEarly(EVENTS, "fls_1")).toBeDefined();
  expect(takeEarly(EVENTS, "fls_1")).toBeUndefined();
  expect(takeEarly(FIRST_PAGE_PATH, "fls_2")).toBeUndefined();
  expect(takeEarly(FIRST_PAGE_PATH, "fls_1")).toBeUndefined();
});

test("nothing is sent early for a filtered list, a hidden page or a page without a session", () => {
  openAddress("?status=error");
  void sendEarly();
  openAddress("");
  vi.stubGlobal("document", { visibilityState: "hidden" });
  void sendEarly();
  vi.stubGlobal("document", { visibilityState: "visible" });
  vi.stubGlobal("localStorage", { getItem: () => null });
  void sendEarly();
  expect(asked).toEqual([]);
  expect(takeEarly(EVENTS, "fls_1")).toBeUndefined();
});
