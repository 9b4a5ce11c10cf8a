import { expect, test } from "vitest";
import { readEvents, type StreamEvent } from "@/api/eventStream";

/** Make a stream of bytes from parts, as a connection delivers them. */
function stream(parts: Uint8Array[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      parts.forEach((part) => controller.enqueue(part));
      controller.close();
    },
  });
}

async function read(parts: Uint8Array[]): Promise<StreamEvent[]> {
  const events: StreamEvent[] = [];
  for await (const event of readEvents(stream(parts))) events.push(event);
  return events;
}

const TEXT =
  'retry: 1000\nid: a-1\n: listening\n\nid: a-2\nevent: changed\ndata: {"ids":["ü"]}\n\n' +
  ": still here\n\nid: a-3\nevent: reset\ndata: {}\n\n";
const EVENTS = [
  { id: "a-1", name: "", data: "" },
  { id: "a-2", name: "changed", data: '{"ids":["ü"]}' },
  { id: "", name: "", data: "" },
  { id: "a-3", name: "reset", data: "{}" },
];

test("events are the same in whatever parts they arrive", async () => {
  const bytes = new TextEncoder().encode(TEXT);
  for (const size of [1, 2, 7, bytes.length]) {
    const parts = [];
    for (let at = 0; at < bytes.length; at += size) parts.push(bytes.slice(at, at + size));
    expect(await read(parts)).toEqual(EVENTS);
  }
});

test("an event that is cut off is not delivered", async () => {
  expect(await read([new TextEncoder().encode("id: a-1\nevent: changed\ndata: {}\n")])).toEqual([]);
});
