import { describe, expect, it } from "vitest";
import { findPlace, shortFile, stackParts } from "@/model/stacks";

const PYTHON = `Traceback (most recent call last):
  File "/srv/shop/app/main.py", line 12, in handle
    await charge(order)
  File "/srv/shop/.venv/lib/python3.11/site-packages/httpx/_client.py", line 1533, in post
    return await self.request("POST", url)
  File "/usr/lib/python3.11/asyncio/tasks.py", line 481, in wait_for
    return fut.result()
           ^^^^^^^^^^^^
  File "/srv/shop/app/charge.py", line 41, in charge
    raise CardDeclined("Your card was declined")
app.charge.CardDeclined: Your card was declined
`;

describe("a stack", () => {
  it("is folded to the user's own frames", () => {
    const parts = stackParts(PYTHON);
    expect(parts.map((part) => part.kind)).toEqual(["text", "frame", "library", "frame", "text"]);
    expect(parts[2]).toMatchObject({ frames: [{ name: "post" }, { name: "wait_for" }] });
    expect(parts[3]).toMatchObject({
      frame: { line: 41, code: ['raise CardDeclined("Your card was declined")'] },
    });
  });

  it("tells the user's frame where it arose", () => {
    const place = findPlace(PYTHON);
    expect(place && `${shortFile(place.file)}:${place.line} in ${place.name}`).toBe(
      "app/charge.py:41 in charge",
    );
  });

  it("tells the innermost user frame although a library raised", () => {
    const stack = PYTHON.replace(/ {2}File "\/srv\/shop\/app\/charge.py"[\s\S]*?\n.*\n/, "");
    expect(findPlace(stack)?.name).toBe("handle");
  });

  it("tells a library's frame where there is no other", () => {
    const stack = `  File "/usr/lib/python3.11/json/decoder.py", line 355, in raw_decode\n    x\n`;
    expect(findPlace(stack)?.name).toBe("raw_decode");
  });

  it("may be JavaScript's", () => {
    const stack = "Error: no\n    at charge (/srv/app/charge.js:4:7)\n    at node:internal/x:1:2";
    expect(findPlace(stack)).toMatchObject({ file: "/srv/app/charge.js", line: 4, name: "charge" });
    expect(stackParts(stack).map((part) => part.kind)).toEqual(["text", "frame", "library"]);
  });

  it("may be no stack at all", () => {
    expect(findPlace("boom")).toBeNull();
    expect(stackParts("boom")).toEqual([{ kind: "text", text: "boom" }]);
  });
});
