import { formatCount, makePlural } from "../locale";

export const plural = makePlural("en");

/** Write a count with its noun: "1 run", "1,200 runs". */
export function counted(count: number, one: string, other: string): string {
  return `${formatCount(count)} ${plural(count, { one, other })}`;
}
