/**
 * Converts the search box's text to filters and back: `status:error node:charge duration:>2s
 * declined`.
 */
import type { Mode, Status } from "@/api";
import { withoutEmpty, type ListFilters } from "./filters";

/** The part of the filters that the search box shows. */
export type SearchPart = Omit<ListFilters, "project" | "last" | "after" | "before">;

const UNITS: Record<string, number> = { ms: 1, s: 1000, min: 60_000, h: 3_600_000 };
const TOKEN = /(?:([a-z]+):)?(?:"([^"]*)"?|(\S+))/g;

/** Write filters as the text of the search box. */
export function formatSearchText(filters: SearchPart): string {
  return [
    ...(filters.status ?? []).map((status) => `status:${status}`),
    ...(filters.workflow ?? []).map((workflow) => `workflow:${quote(workflow)}`),
    filters.trigger && `trigger:${quote(filters.trigger)}`,
    filters.mode && `mode:${filters.mode}`,
    filters.node && `node:${quote(filters.node)}`,
    formatDurations(filters.min, filters.max),
    filters.starred && "is:starred",
    filters.text,
  ]
    .filter(Boolean)
    .join(" ");
}

/** Read the typed text. A part that is no known token is searched as text. */
export function parseSearchText(typed: string): SearchPart {
  const part: SearchPart = {};
  const words: string[] = [];
  for (const match of typed.matchAll(TOKEN)) {
    const [whole, name, quoted, plain] = match;
    const value = quoted ?? plain ?? "";
    if (name === undefined || !readToken(part, name, value)) words.push(whole);
  }
  const text = words.join(" ").trim();
  return withoutEmpty({ ...part, text: text === "" ? undefined : text });
}

function readToken(part: SearchPart, name: string, value: string): boolean {
  switch (name) {
    case "status":
      if (!isStatus(value)) return false;
      part.status = [...new Set([...(part.status ?? []), value])];
      return true;
    case "mode":
      if (!isMode(value)) return false;
      part.mode = value;
      return true;
    case "workflow":
      if (value !== "") part.workflow = [...new Set([...(part.workflow ?? []), value])];
      return value !== "";
    case "trigger":
      part.trigger = value;
      return value !== "";
    case "node":
      part.node = value;
      return value !== "";
    case "duration":
      return readDurations(part, value);
    case "is":
      if (value === "starred") part.starred = true;
      return value === "starred";
    default:
      return false;
  }
}

function isStatus(text: string): text is Status {
  return text === "running" || text === "success" || text === "error";
}

function isMode(text: string): text is Mode {
  return text === "test" || text === "production";
}

function readDurations(part: SearchPart, value: string): boolean {
  const match = /^(?:>(?<min>.+)|<(?<max>.+)|(?<from>.+)\.\.(?<to>.+))$/.exec(value);
  const { min, max, from, to } = match?.groups ?? {};
  const low = min ?? from;
  const high = max ?? to;
  const lowMs = low === undefined ? undefined : parseDuration(low);
  const highMs = high === undefined ? undefined : parseDuration(high);
  if ((low !== undefined && lowMs === undefined) || (high !== undefined && highMs === undefined)) {
    return false;
  }
  if (lowMs === undefined && highMs === undefined) return false;
  if (lowMs !== undefined) part.min = lowMs;
  if (highMs !== undefined) part.max = highMs;
  return true;
}

/**
 * Read `500ms`, `2s`, `1.5min` or `1h` as milliseconds. A number without a unit is milliseconds.
 */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|min|h)?$/.exec(text.trim());
  if (match === null) return undefined;
  return Number(match[1]) * (UNITS[match[2] ?? "ms"] ?? 1);
}

/** Write a duration as the shortest exact text: `2s`, `1500ms`. */
export function shortDuration(ms: number): string {
  const unit = (["h", "min", "s"] as const).find((each) => ms > 0 && ms % (UNITS[each] ?? 1) === 0);
  return unit === undefined ? `${ms}ms` : `${ms / (UNITS[unit] ?? 1)}${unit}`;
}

/** Write the limits of the duration as a token: `duration:>2s`, `duration:1s..5min`. */
export function formatDurations(
  min: number | undefined,
  max: number | undefined,
): string | undefined {
  if (min !== undefined && max !== undefined) {
    return `duration:${shortDuration(min)}..${shortDuration(max)}`;
  }
  if (min !== undefined) return `duration:>${shortDuration(min)}`;
  return max === undefined ? undefined : `duration:<${shortDuration(max)}`;
}

function quote(value: string): string {
  return /[\s"]/.test(value) ? `"${value.replaceAll('"', "")}"` : value;
}
