import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { curlCommand, quoted } from "@/model/curl";
import { parseExact } from "@/model/exactJson";
import { listPins, pinsText } from "@/model/pins";
import { node } from "./outlineNodes";

/** Return the arguments that a real shell would give to curl. */
function parseArguments(command: string): string[] {
  const script = `curl() { printf '%s\\0' "$@"; cat >/dev/null; }\n${command}`;
  return execFileSync("sh", ["-c", script], { input: "" }).toString().split("\0").slice(0, -1);
}

const REQUEST = {
  method: "POST",
  path: "/orders/it's",
  query: "a=1&b=x%20y",
  headers: { host: "shop.test:8000", "content-type": "application/json", "content-length": "9" },
  body: { name: "O'Brien $(touch /tmp/x) `id`\n\"" },
};

describe("copy as cURL", () => {
  it("sends the same request, whatever stands in it", () => {
    const { text, notes } = curlCommand(REQUEST);
    expect(parseArguments(text)).toEqual([
      "--globoff",
      "http://shop.test:8000/orders/it's?a=1&b=x%20y",
      ...["--header", "content-type: application/json"],
      ...["--data-raw", JSON.stringify(REQUEST.body)],
    ]);
    expect(notes).toEqual([]);
  });

  it("is safe against names, hosts, methods and headers made to break out", () => {
    const { text } = curlCommand({
      method: "GET; rm -rf /",
      path: "x\n--output /etc/passwd",
      headers: { host: "a b'; id", "@/etc/passwd": "x", good: "one\r\nEvil: two", "": "x" },
    });
    const given = parseArguments(text);
    expect(given).toEqual([
      "--globoff",
      "http://localhost:8000/x%0A--output%20/etc/passwd",
      ...["--header", "good: one Evil: two"],
    ]);
  });

  it("says what was removed, and what isn't known", () => {
    const { text, notes } = curlCommand({ token: "[REDACTED:9f2c61d07a3e]" });
    expect(text).toContain("content-type: application/json");
    expect(notes.join(" ")).toMatch(/put in the address.*A secret was removed/);
  });

  it("writes out a query that was taken apart", () => {
    const { text } = curlCommand({
      method: "GET",
      path: "/a",
      query: { q: "x y", id: ["1", "2"] },
    });
    expect(parseArguments(text)).toContain("http://localhost:8000/a?q=x+y&id=1&id=2");
  });

  it("pipes a body of bytes", () => {
    const body = { $flightlog: "bytes", base64: "/wA=" };
    const { text } = curlCommand({ method: "PUT", path: "/", headers: {}, body });
    expect(text).toMatch(/^printf %s '\/wA=' \| base64 -d \| curl/);
    expect(parseArguments(text)).toContain("--data-binary");
  });

  // The tests' version of Node may lack `JSON.rawJSON`; browsers have it.
  it.runIf("rawJSON" in JSON)("keeps numbers that JavaScript would round", () => {
    const text = '{"method":"POST","path":"/","body":{"id":12345678901234567890,"x":1.0}}';
    expect(curlCommand(parseExact(text)).text).toContain('{"id":12345678901234567890,"x":1.0}');
  });

  it("quotes for a shell", () => {
    expect(quoted("it's")).toBe(`'it'\\''s'`);
  });
});

describe("outputs for pinning", () => {
  const info = { bytes: 2, redacted: null, truncated: null };

  it("are each node's last success: its output, or its input if it has none", () => {
    const pins = listPins([
      node(0, "a", [], { output: info }),
      node(1, "a", [], { output: info }),
      node(2, "b", [], { input: info }),
      node(3, "c", [], { status: "error", output: info }),
      node(4, "d"),
    ]);
    expect(pins.map((pin) => [pin.nodeId, pin.sequence, pin.of])).toEqual([
      ["a", 1, "output"],
      ["b", 2, "input"],
    ]);
  });

  it("keep payloads byte for byte", () => {
    const [pin] = listPins([node(0, 'a"', [], { output: info })]);
    const text = pinsText("w", pin === undefined ? [] : [{ ...pin, text: "-0.0" }]);
    expect(text).toBe(
      '{"workflowId":"w","nodePins":[{"nodeId":"a\\"","nodeName":"a\\"","data":-0.0}]}',
    );
  });
});
