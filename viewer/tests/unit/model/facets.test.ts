import { expect, it } from "vitest";
import { isChosen, listFacetValues, toggleFacet } from "@/model/facets";
import { withoutEmpty } from "@/model/filters";

const facet = (value: string, term: string) => ({ value, label: value, count: 1, term });

it.each([
  [facet("order-intake", "workflow:order-intake"), { workflow: ["order-intake"] }],
  [facet("error", "status:error"), { status: ["error"] }],
  [facet("crashed", "status:crashed"), { q: "status:crashed" }],
  [facet("Charge", "node:Charge"), { q: "node:Charge" }],
  [facet("customer:a b", 'tag.customer:"a b"'), { q: 'tag.customer:"a b"' }],
])("%o is chosen and given up", (value, filters) => {
  const chosen = withoutEmpty(toggleFacet({}, value));
  expect(chosen).toEqual(filters);
  expect(isChosen(chosen, value)).toBe(true);
  expect(withoutEmpty(toggleFacet(chosen, value))).toEqual({});
});

it("a facet narrows a query, also one with OR", () => {
  const node = facet("Charge", "node:Charge");
  expect(toggleFacet({ q: "a OR b" }, node).q).toBe("(a OR b) node:Charge");
  expect(isChosen({ q: "node:Charge OR b" }, node)).toBe(false);
});

it("the values of facets are offered for completion", () => {
  const facets = {
    ...{ workflow: [], status: [], errorKind: [] },
    model: [facet("gpt-5", "model:gpt-5")],
    node: [{ ...facet("Fetch user", 'node:"Fetch user"'), count: 1_200 }],
    tag: [facet("customer:a:b", "tag.customer:a:b"), facet("two words:c", 'tag."two words":c')],
  };
  expect(listFacetValues(facets)).toEqual({
    model: [{ value: "gpt-5", detail: "1 of the newest runs" }],
    node: [{ value: "Fetch user", detail: "1,200 of the newest runs" }],
    tag: [
      { value: "a:b", detail: "customer" },
      { value: "c", detail: "two words" },
    ],
    "tag.customer": [{ value: "a:b", detail: "1 of the newest runs" }],
  });
  expect(listFacetValues(undefined)).toEqual({});
});
