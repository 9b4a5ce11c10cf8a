/**
 * The loaded and unfolded part of a payload's tree: pages of children by pointer, and the rows that
 * they make. However large a payload is, the tree holds no more than a window of each list.
 */

import type { PayloadChild, PayloadTree } from "../api/types";
import { isLong } from "./content";
import { MARK } from "./marks";
import { type Shown, shown } from "./payloadValue";
import { type Step, childPointer } from "./pointers";

/** The number of children that one page loads. */
export const PAGE_SIZE = 100;
const MOST_HELD = 1000;

/** The loaded children of one container, from index `from` on. */
export interface Held {
  readonly kind: PayloadTree["kind"];
  readonly from: number;
  readonly children: readonly PayloadChild[];
  readonly count: number;
  readonly next: number | null;
}

/**
 * The state of a tree: the children of each container, the unfolded values, and failed requests,
 * all by pointer.
 */
export interface TreeState {
  readonly root: PayloadTree | null;
  readonly held: ReadonlyMap<string, Held>;
  readonly open: ReadonlySet<string>;
  readonly failed: ReadonlyMap<string, Error>;
}

/** A change of a tree's state. */
export type TreeAction =
  | {
      readonly type: "loaded";
      readonly pointer: string;
      readonly from: number;
      readonly page: PayloadTree;
    }
  | { readonly type: "failed"; readonly pointer: string; readonly error: Error }
  | { readonly type: "open" | "close"; readonly pointers: readonly string[] };

export const EMPTY_TREE: TreeState = {
  root: null,
  held: new Map(),
  open: new Set([""]),
  failed: new Map(),
};

/** A row of the tree. */
export type TreeRow =
  | {
      readonly kind: "value";
      readonly pointer: string;
      /** Null for the root. */
      readonly name: Step | null;
      readonly value: PayloadChild | PayloadTree;
      readonly depth: number;
      /** Null where there is nothing to unfold. */
      readonly open: boolean | null;
      readonly place: { readonly index: number; readonly of: number };
    }
  /** A text, an image or Markdown, unfolded below its value. */
  | { readonly kind: "block"; readonly pointer: string; readonly depth: number }
  | {
      readonly kind: "pager";
      readonly pointer: string;
      readonly depth: number;
      readonly side: "before" | "after";
      readonly held: Held;
    }
  | { readonly kind: "loading"; readonly pointer: string; readonly depth: number }
  | {
      readonly kind: "failed";
      readonly pointer: string;
      readonly depth: number;
      readonly error: Error;
    };

/** Return the state of a tree after an action. */
export function reduceTree(state: TreeState, action: TreeAction): TreeState {
  switch (action.type) {
    case "loaded": {
      const held = new Map(state.held).set(
        action.pointer,
        joined(state.held.get(action.pointer), action.from, action.page),
      );
      const failed = new Map(state.failed);
      failed.delete(action.pointer);
      return { ...state, held, failed, root: action.pointer === "" ? action.page : state.root };
    }
    case "failed":
      return { ...state, failed: new Map(state.failed).set(action.pointer, action.error) };
    case "open":
      return { ...state, open: new Set([...state.open, ...action.pointers]) };
    case "close": {
      const closed = new Set(action.pointers);
      const failed = new Map([...state.failed].filter(([pointer]) => !closed.has(pointer)));
      const open = new Set([...state.open].filter((pointer) => !closed.has(pointer)));
      return { ...state, open, failed };
    }
  }
}

/** Join a page with the loaded children if the two touch. Otherwise put the page in their place. */
function joined(held: Held | undefined, from: number, page: PayloadTree): Held {
  const children = page.children ?? [];
  const count = Math.max(page.count ?? 0, from + children.length);
  const alone = { kind: page.kind, from, children, count, next: page.nextOffset ?? null };
  if (held === undefined) return alone;
  if (from === held.from + held.children.length) {
    const all = [...held.children, ...children];
    const kept = all.slice(-MOST_HELD);
    return { ...alone, from: held.from + all.length - kept.length, children: kept };
  }
  if (from + children.length === held.from) {
    const all = [...children, ...held.children];
    const kept = all.slice(0, MOST_HELD);
    const next = all.length > kept.length ? from + kept.length : held.next;
    return { ...alone, children: kept, next };
  }
  return alone;
}

/** Whether a value can be unfolded into children or into a block; null if neither. */
export function unfolds(value: PayloadChild | PayloadTree): "children" | "block" | null {
  switch (value.kind) {
    case "object":
    case "array":
      return value.count === 0 ? null : "children";
    case "mark":
      return isSpecial(shown(value)) ? null : "children";
    case "string": {
      const { text, isCut } = shown(value);
      return isLong(text, isCut) ? "block" : null;
    }
    default:
      return null;
  }
}

/** Whether a mark's line shows everything that the mark holds. */
function isSpecial({ mark }: Shown): boolean {
  const members = mark?.members ?? null;
  if (members === null || typeof members !== "object") return false;
  return Object.values(members).every((member) => typeof member !== "object" || member === null);
}

/** Return the rows to show. */
export function treeRows(state: TreeState): TreeRow[] {
  const rows: TreeRow[] = [];
  const { root } = state;
  if (root === null) {
    const error = state.failed.get("");
    if (error !== undefined) return [{ kind: "failed", pointer: "", depth: 0, error }];
    return [{ kind: "loading", pointer: "", depth: 0 }];
  }
  // A container's own row would say nothing, so its children begin at the margin.
  if (unfolds(root) === "children") addChildren(rows, state, "", 0);
  else addValue(rows, state, { pointer: "", name: null, value: root, depth: 0, index: 0, of: 1 });
  return rows;
}

interface Placed {
  readonly pointer: string;
  readonly name: Step | null;
  readonly value: PayloadChild | PayloadTree;
  readonly depth: number;
  readonly index: number;
  readonly of: number;
}

function addValue(rows: TreeRow[], state: TreeState, placed: Placed): void {
  const { pointer, name, value, depth, index, of } = placed;
  const into = unfolds(value);
  const open = into === null ? null : state.open.has(pointer);
  rows.push({ kind: "value", pointer, name, value, depth, open, place: { index, of } });
  if (open !== true) return;
  if (into === "block") rows.push({ kind: "block", pointer, depth: depth + 1 });
  else addChildren(rows, state, pointer, depth + 1);
}

function addChildren(rows: TreeRow[], state: TreeState, pointer: string, depth: number): void {
  const held = state.held.get(pointer);
  const error = state.failed.get(pointer);
  if (held === undefined) {
    if (error === undefined) rows.push({ kind: "loading", pointer, depth });
    else rows.push({ kind: "failed", pointer, depth, error });
    return;
  }
  if (held.from > 0) rows.push({ kind: "pager", pointer, depth, side: "before", held });
  held.children.forEach((value, at) => {
    if (held.kind === "mark" && value.key === MARK) return;
    const index = held.from + at;
    const place = { index, of: held.count };
    addValue(rows, state, {
      ...{ pointer: childPointer(pointer, value.key), name: value.key, value, depth },
      ...place,
    });
  });
  if (error !== undefined) rows.push({ kind: "failed", pointer, depth, error });
  else if (held.next !== null) rows.push({ kind: "pager", pointer, depth, side: "after", held });
}

/** Whether a child stands for members that were left out, and is no member itself. */
export function isRest(value: PayloadChild | PayloadTree, name: Step | null): boolean {
  return name === MARK && value.kind === "mark";
}

const MOST_UNASKED = 4;
const SMALL_BYTES = 2048;
const SMALL_COUNT = 12;

/** Return the small containers of the first page that are unfolded at first, to save clicks. */
export function unaskedOpens(page: PayloadTree): string[] {
  const children = page.children ?? [];
  if (children.length > SMALL_COUNT) return [];
  return children
    .filter(
      (child) =>
        (child.kind === "object" || child.kind === "array") &&
        child.bytes <= SMALL_BYTES &&
        (child.count ?? 0) > 0 &&
        (child.count ?? 0) <= SMALL_COUNT,
    )
    .slice(0, MOST_UNASKED)
    .map((child) => childPointer("", child.key));
}
