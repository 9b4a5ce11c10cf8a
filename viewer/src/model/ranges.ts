import type { ListFilters, Range } from "./filters";
import { formatDate, formatMinute, formatMoment, toMs } from "./format";

export const RANGE_LABELS: Record<Range, string> = {
  "1h": "last hour",
  "24h": "last 24 h",
  "7d": "last 7 days",
  "30d": "last 30 days",
};

type Period = Pick<ListFilters, "last" | "after" | "before">;

/** Describe the chosen time range: "last 24 h", "22 Nov 14:00 – 15:30", "any time". */
export function describePeriod({ last, after, before }: Period, now: number): string {
  if (last !== undefined) return RANGE_LABELS[last];
  if (after === undefined && before === undefined) return "any time";
  if (after === undefined) return `before ${getMinute(before ?? "", now)}`;
  if (before === undefined) return `since ${getMinute(after, now)}`;
  const sameDay = formatDate(after, now) === formatDate(before, now);
  const end = sameDay ? formatMinute(before) : getMinute(before, now);
  return `${getMinute(after, now)} – ${end}`;
}

function getMinute(time: string, now: number): string {
  return formatMoment(time, now);
}

/** Format a time for `<input type="datetime-local">`, in the reader's zone. */
export function toLocalInput(time: string | undefined): string {
  if (time === undefined) return "";
  const date = new Date(toMs(time));
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}

/** Read the text of `<input type="datetime-local">`; undefined if the text is empty or invalid. */
export function fromLocalInput(text: string): string | undefined {
  const ms = Date.parse(text);
  return text === "" || Number.isNaN(ms) ? undefined : new Date(ms).toISOString();
}
