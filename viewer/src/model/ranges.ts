import { texts } from "@/texts";
import type { ListFilters } from "./filters";
import { formatDate, formatMinute, formatMoment, toMs } from "./format";

type Period = Pick<ListFilters, "last" | "after" | "before">;

/** Describe the chosen time range: "last 24 h", "22 Nov 14:00 – 15:30", "any time". */
export function describePeriod({ last, after, before }: Period, now: number): string {
  if (last !== undefined) return texts.range.last[last];
  if (after === undefined && before === undefined) return texts.range.any;
  if (after === undefined) return texts.range.before(getMinute(before ?? "", now));
  if (before === undefined) return texts.range.since(getMinute(after, now));
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
