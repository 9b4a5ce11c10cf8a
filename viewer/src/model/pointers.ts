/** Places within a payload: JSON pointers (RFC 6901) for the server, paths for people. */

/** One step into a value: a member's name or an item's index. */
export type Step = string | number;

const PLAIN_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const UNCLEAR_NAME = /^$|^\s|\s$|\p{Cc}/u;
const INDEX = /^(?:0|[1-9]\d*)$/;

/**
 * Return a member's name as it is shown. Quote a name that would be unclear: an empty name, or a
 * name with spaces at its ends or with control characters.
 */
export function readableName(name: Step): Step {
  return typeof name === "string" && UNCLEAR_NAME.test(name) ? JSON.stringify(name) : name;
}

/** Return the pointer of a child. */
export function childPointer(pointer: string, key: Step): string {
  return `${pointer}/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

/** Return the pointer of a value's container; null for the root. */
export function parentPointer(pointer: string): string | null {
  const end = pointer.lastIndexOf("/");
  return end < 0 ? null : pointer.slice(0, end);
}

/** Return all pointers on the path to a value, from the root to the value itself. */
export function waysTo(pointer: string): string[] {
  let way = "";
  return ["", ...splitSteps(pointer).map((step) => (way = childPointer(way, step)))];
}

/** Return the steps of a pointer. */
export function splitSteps(pointer: string): string[] {
  if (pointer === "") return [];
  return pointer
    .slice(1)
    .split("/")
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/**
 * Write a pointer as a path that people can read and JSONPath accepts: `$.order.items[0]["odd
 * name"]`. A pointer doesn't distinguish an index from a member named by digits, so such a step is
 * shown as an index.
 */
export function readablePath(pointer: string): string {
  return splitSteps(pointer).reduce((path, step) => {
    if (INDEX.test(step)) return `${path}[${step}]`;
    return PLAIN_NAME.test(step) ? `${path}.${step}` : `${path}[${JSON.stringify(step)}]`;
  }, "$");
}
