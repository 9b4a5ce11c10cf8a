import { expect, it } from "vitest";
import { readLogs } from "@/model/logs";

it("reads log records, and shows any other value as JSON", () => {
  const record = { time: "2026-11-22T19:04:11Z", level: "INFO", logger: "shop", message: "hi" };
  const empty = { time: "", level: "", logger: "", message: "" };
  expect(readLogs(JSON.stringify([record, { message: 7 }, [1], null]))).toEqual([
    record,
    { ...empty, message: "7" },
    { ...empty, message: "[1]" },
    { ...empty, message: "null" },
  ]);
  expect(readLogs('"text"')).toEqual([{ ...empty, message: '"text"' }]);
});
