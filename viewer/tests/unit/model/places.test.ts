import { expect, test } from "vitest";
import { payloadPath } from "@/api/query";
import { recordedSequence, withOwnPlaces } from "@/model/places";
import { buildTree } from "@/model/nodetree";
import { readExecutionSearch } from "@/execution/search";
import { node } from "./outlineNodes";

const twins = [node(3, "a"), node(3, "b"), node(4, "c")];

test("node executions with one sequence get places of their own", () => {
  const placed = withOwnPlaces(twins);
  expect(new Set(placed.map((each) => each.sequence)).size).toBe(3);
  expect(placed.map((each) => recordedSequence(each.sequence))).toEqual([3, 3, 4]);
  expect(placed[0]).toBe(twins[0]);
  expect(buildTree(placed).map((branch) => branch.nodeId)).toEqual(["a", "b", "c"]);
});

test("a place can be chosen by the page's address", () => {
  const place = withOwnPlaces(twins)[1]?.sequence;
  expect(readExecutionSearch({ node: String(place) })).toEqual({ node: place });
});

test("a payload is asked for by its node and the sequence that was recorded", () => {
  const second = withOwnPlaces(twins)[1];
  const sequence = second?.sequence ?? Number.NaN;
  const address = { executionId: "a/b", of: "input", sequence, nodeId: "b c" } as const;
  const path = "/api/executions/a%2Fb/nodes/3/input";
  expect(payloadPath(address)).toBe(`${path}?nodeId=b+c`);
  expect(payloadPath(address, "/tree", { offset: 7 })).toBe(`${path}/tree?nodeId=b+c&offset=7`);
  expect(payloadPath({ executionId: "e", of: "trigger" }, "/tree")).toBe(
    "/api/executions/e/trigger/data/tree",
  );
});
