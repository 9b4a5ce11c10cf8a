import type { PayloadChild, PayloadTree } from "@/api";

const LEAST_ROWS = 2;
const MOST_LOOKED_AT = 20;

/** Whether a list may consist of similar objects, as far as that is known without its items. */
export function isTabular(value: PayloadTree | PayloadChild): boolean {
  const isShort = value.count !== undefined && value.count < LEAST_ROWS;
  if (value.kind !== "array" || isShort) return false;
  const children = "children" in value ? value.children : undefined;
  if (children === undefined) return "preview" in value && value.preview.startsWith("[{");
  return children.slice(0, MOST_LOOKED_AT).every((child) => child.kind === "object");
}
