/**
 * Infers from the record's times which node executions had to end before which others could begin.
 */

import type { OutlineNode } from "../api/types";
import { getSpan } from "./instants";

/** Something that took time. `end` is null while the time goes on. */
export interface Timed {
  readonly id: string;
  readonly start: number;
  readonly end: number | null;
}

/**
 * Above this number, only the predecessor that started last is kept, because so many lines would be
 * unreadable.
 */
const MOST_BEFORE = 24;

/**
 * Find the direct predecessors of each item. A predecessor had ended when the item began. A
 * predecessor is direct unless another item lies wholly between the two.
 *
 * @param timed The items, in the order that decides between equal times.
 */
export function directlyBefore(timed: readonly Timed[]): ReadonlyMap<string, readonly string[]> {
  const ordered = timed.map((one, index) => ({ one, index }));
  ordered.sort((a, b) => a.one.start - b.one.start || a.index - b.index);
  const starts = ordered.map(({ one }) => one);
  const ended = starts.filter((one) => one.end !== null).sort((a, b) => getEnd(a) - getEnd(b));
  const rank = new Map(starts.map((one, index) => [one.id, index]));
  const before = new Map<string, readonly string[]>();
  for (const one of starts) {
    before.set(one.id, maximal(one, ended, rank));
  }
  return before;
}

function maximal(
  one: Timed,
  ended: readonly Timed[],
  rank: ReadonlyMap<string, number>,
): readonly string[] {
  const own = rank.get(one.id) ?? 0;
  const done: Timed[] = [];
  let latest: Timed | null = null;
  // Go backwards from the last end. An item that ended before the latest start is not direct.
  for (let at = countEnded(ended, one.start) - 1; at >= 0; at -= 1) {
    const candidate = ended[at];
    if (candidate === undefined) break;
    if (latest !== null && getEnd(candidate) <= latest.start) break;
    const place = rank.get(candidate.id) ?? 0;
    if (place >= own) continue;
    if (latest === null || place > (rank.get(latest.id) ?? 0)) latest = candidate;
    done.push(candidate);
    if (done.length > 4 * MOST_BEFORE) break;
  }
  if (latest === null) return [];
  const from = latest.start;
  const direct = done.filter((candidate) => getEnd(candidate) > from || candidate === latest);
  return direct.length > MOST_BEFORE ? [latest.id] : direct.map(({ id }) => id);
}

function countEnded(ended: readonly Timed[], start: number): number {
  let low = 0;
  let high = ended.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (getEnd(ended[middle]) <= start) low = middle + 1;
    else high = middle;
  }
  return low;
}

function getEnd(one: Timed | undefined): number {
  return one?.end ?? Number.POSITIVE_INFINITY;
}

/**
 * Find the critical path: on each level of the tree, from the node execution that ended last, back
 * through the node executions for which it waited.
 *
 * @param over When the execution ended, in ms since 1970; null while it runs.
 * @returns The sequences on the path.
 */
export function criticalPath(nodes: readonly OutlineNode[], over: number | null): Set<number> {
  const byParent = new Map<number | undefined, Timed[]>();
  for (const node of nodes) {
    const span = getSpan(node, over);
    if (span === null) continue;
    const timed = { id: String(node.sequence), ...span };
    const siblings = byParent.get(node.parentSequence);
    if (siblings === undefined) byParent.set(node.parentSequence, [timed]);
    else siblings.push(timed);
  }
  const path = new Set<number>();
  const open: (number | undefined)[] = [undefined];
  while (open.length > 0) {
    for (const id of chain(byParent.get(open.pop()) ?? [])) {
      path.add(Number(id));
      open.push(Number(id));
    }
  }
  return path;
}

function chain(siblings: readonly Timed[]): string[] {
  const before = directlyBefore(siblings);
  const byId = new Map(siblings.map((one) => [one.id, one]));
  const found: string[] = [];
  let last = getLast(siblings);
  while (last !== undefined) {
    found.push(last.id);
    last = getLast((before.get(last.id) ?? []).flatMap((id) => byId.get(id) ?? []));
  }
  return found;
}

function getLast(timed: readonly Timed[]): Timed | undefined {
  let last: Timed | undefined;
  for (const one of timed) if (last === undefined || getEnd(one) >= getEnd(last)) last = one;
  return last;
}
