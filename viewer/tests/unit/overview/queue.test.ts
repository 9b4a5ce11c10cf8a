import { expect, it } from "vitest";
import { RequestQueue } from "@/overview/queue";

it("sends one request at a time, goes on after a failure, and skips what was given up", async () => {
  const queue = new RequestQueue();
  const { signal } = new AbortController();
  const events: string[] = [];
  let fail: (reason: Error) => void = () => undefined;
  const first = new Promise<string>((_, reject) => (fail = reject));
  const send = (name: string, answer: Promise<string>) =>
    queue.run(() => {
      events.push(name);
      return answer;
    }, signal);
  const failed = send("first", first);
  const second = send("second", Promise.resolve("two"));
  const skipped = queue.run(() => send("skipped", Promise.resolve("")), AbortSignal.abort());
  const last = send("last", Promise.resolve("three"));
  await Promise.resolve();
  expect(events).toEqual(["first"]);
  fail(new Error("no answer"));
  await expect(failed).rejects.toThrow("no answer");
  await expect(skipped).rejects.toThrow();
  expect([await second, await last]).toEqual(["two", "three"]);
  expect(events).toEqual(["first", "second", "last"]);
});
