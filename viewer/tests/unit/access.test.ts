import { afterEach, expect, test, vi } from "vitest";
import { HistoryProblem, httpClient, PageAccess } from "@/api";

afterEach(() => vi.unstubAllGlobals());

test("a client sends its token and reports a want of rights", async () => {
  const sent: (string | null)[] = [];
  const refused: HistoryProblem[] = [];
  const own = globalThis.fetch;
  globalThis.fetch = (_url, init) => {
    sent.push(new Headers(init?.headers).get("authorization"));
    const problem = { title: "T", detail: "D", code: "right_needed", retryable: false };
    return Promise.resolve(Response.json(problem, { status: 401 }));
  };
  try {
    const access = {
      token: () => "flt_1",
      refused: (problem: HistoryProblem) => refused.push(problem),
    };
    const client = httpClient("http://127.0.0.1:1", access);
    await expect(client.counts({})).rejects.toMatchObject({ code: "right_needed" });
    await expect(client.remove(["a"])).rejects.toMatchObject({ status: 401 });
    await expect(httpClient("http://127.0.0.1:1").counts({})).rejects.toBeInstanceOf(
      HistoryProblem,
    );
  } finally {
    globalThis.fetch = own;
  }
  expect(sent).toEqual(["Bearer flt_1", "Bearer flt_1", null]);
  expect(refused.map(({ code }) => code)).toEqual(["right_needed", "right_needed"]);
});

/** A browser's page with an address, storages, and a receiver that answers. */
function openPage(hash: string, answer: (method: string, body: string) => Promise<Response>) {
  const storage = () => {
    const kept = new Map<string, string>();
    return {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
      removeItem: (key: string) => void kept.delete(key),
    };
  };
  const location = { hash, pathname: "/", search: "" };
  vi.stubGlobal("location", location);
  vi.stubGlobal("history", { state: null, replaceState: () => (location.hash = "") });
  vi.stubGlobal("localStorage", storage());
  vi.stubGlobal("sessionStorage", storage());
  vi.stubGlobal("fetch", (_url: string, init: RequestInit) =>
    answer(init.method ?? "GET", typeof init.body === "string" ? init.body : ""),
  );
  return location;
}

test("a page that is reloaded during the exchange repeats it with the same claim", async () => {
  const bodies: string[] = [];
  const location = openPage("#code=abc", (_method, body) => {
    bodies.push(body);
    return bodies.length === 1
      ? Promise.reject(new TypeError("the page is reloaded"))
      : Promise.resolve(Response.json({ session: "fls_1" }));
  });
  await new PageAccess().enter();
  expect(location.hash).toBe("");
  const reloaded = new PageAccess();
  await reloaded.enter();
  expect(reloaded.token()).toBe("fls_1");
  expect(bodies[1]).toBe(bodies[0]);
  expect(JSON.parse(bodies[0] ?? "")).toMatchObject({
    code: "abc",
    claim: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
  });
  await new PageAccess().enter();
  expect(bodies).toHaveLength(2);
});

test("a page that signs out forgets its session and ends it at the receiver", async () => {
  const methods: string[] = [];
  openPage("", (method) => {
    methods.push(method);
    return Promise.resolve(Response.json({ ended: true }));
  });
  const access = new PageAccess();
  access.use("fls_1");
  await access.leave();
  expect(methods).toEqual(["DELETE"]);
  expect(access.token()).toBeNull();
  expect(access.problem()?.code).toBe("signed_out");
});
