/** Places within a payload: JSON pointers (RFC 6901) for the server, paths for people. */

/** One step into a value: a member's name or an item's index. */
export type Step = string | number;

const PLAIN_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const UNCLEAR_NAME = /^$|^\s|\s$|\p{Cc}/u;
const INDEX = /^(?:0|[1-9]\d*)$/;

/** A member's name as it is shown: quoted where it could not be told from another, or from none. */
export function readableName(name: Step): Step {
  return typeof name === "string" && UNCLEAR_NAME.test(name) ? JSON.stringify(name) : name;
}

/** The pointer of a child. */
export function childPointer(pointer: string, key: Step): string {
  return `${pointer}/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

/** The pointer of what a value lies in; null for the root. */
export function parentPointer(pointer: string): string | null {
  const end = pointer.lastIndexOf("/");
  return end < 0 ? null : pointer.slice(0, end);
}

/** All pointers on the way to a value, from the root to itself. */
export function waysTo(pointer: string): string[] {
  let way = "";
  return ["", ...stepsOf(pointer).map((step) => (way = childPointer(way, step)))];
}

/** The steps of a pointer. */
export function stepsOf(pointer: string): string[] {
  if (pointer === "") return [];
  return pointer
    .slice(1)
    .split("/")
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/**
 * A pointer as a path that people read and JSONPath takes: `$.order.items[0]["odd name"]`. A pointer
 * doesn't tell an index from a member named by digits; what looks like an index is shown as one.
 */
export function readablePath(pointer: string): string {
  return stepsOf(pointer).reduce((path, step) => {
    if (INDEX.test(step)) return `${path}[${step}]`;
    return PLAIN_NAME.test(step) ? `${path}.${step}` : `${path}[${JSON.stringify(step)}]`;
  }, "$");
}
