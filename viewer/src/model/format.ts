/** Formats durations, times, sizes and counts for people. */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Format a duration: 840 ms, 1.2 s, 42 s, 3 min 05 s, 2 h 07 min, 3 d 4 h. */
export function formatDuration(ms: number): string {
  if (ms < 0.95) return ms <= 0 ? "0 ms" : "< 1 ms";
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 9_950) return `${TENTH_FORMAT.format(ms / SECOND)} s`;
  if (ms < 59_500) return `${Math.round(ms / SECOND)} s`;
  const seconds = Math.round(ms / SECOND);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`;
  const minutes = Math.round(ms / MINUTE);
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
  const hours = Math.round(ms / HOUR);
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/**
 * Format e.g. "3× usual" from twice the usual on. A duration below the usual is not worth a note.
 */
export function formatAgainstUsual(ms: number, usualMs: number | undefined): string | undefined {
  if (usualMs === undefined || usualMs <= 0) return undefined;
  const times = ms / usualMs;
  if (times < 1.95) return undefined;
  return `${times < 9.5 ? SHORT_FORMAT.format(times) : formatCount(Math.round(times))}× usual`;
}

/**
 * Format a time relative to now: just now, 42 s ago, 2 min ago, 3 h ago, yesterday, 5 days ago,
 * then the date.
 */
export function formatAgo(time: string | number, now: number): string {
  const ago = now - toMs(time);
  if (ago < -MINUTE) return `in ${formatDuration(-ago)}`;
  if (ago < 5 * SECOND) return "just now";
  if (ago < MINUTE) return `${Math.floor(ago / SECOND)} s ago`;
  if (ago < HOUR) return `${Math.floor(ago / MINUTE)} min ago`;
  if (ago < DAY) return `${Math.floor(ago / HOUR)} h ago`;
  if (ago < 2 * DAY) return "yesterday";
  if (ago < 7 * DAY) return `${Math.floor(ago / DAY)} days ago`;
  return formatDate(time, now);
}

/** The languages of the browser that it can format; English outside of browsers. */
export const LOCALES: readonly string[] = listLocales();

function listLocales(): string[] {
  const wanted = typeof navigator === "undefined" ? [] : (navigator.languages as string[]);
  // With the POSIX locale, Chromium names a language that its own formats refuse.
  const known = wanted.filter((each) => {
    try {
      return Intl.getCanonicalLocales(each).length > 0;
    } catch {
      return false;
    }
  });
  return known.length > 0 ? known : ["en-GB"];
}

// Make each formatter once, because making one takes longer than the rest of a list row.
const DAY_FORMAT = new Intl.DateTimeFormat([...LOCALES], { day: "numeric", month: "short" });
const DATE_FORMAT = new Intl.DateTimeFormat([...LOCALES], {
  day: "numeric",
  month: "short",
  year: "numeric",
});
const EXACT_DATE_FORMAT = new Intl.DateTimeFormat([...LOCALES], {
  weekday: "short",
  day: "numeric",
  month: "short",
  year: "numeric",
});
const MINUTE_FORMAT = new Intl.DateTimeFormat([...LOCALES], {
  hour: "2-digit",
  minute: "2-digit",
});
const CLOCK_FORMAT = new Intl.DateTimeFormat([...LOCALES], {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});
const EXACT_CLOCK_FORMAT = new Intl.DateTimeFormat([...LOCALES], {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  fractionalSecondDigits: 3,
  timeZoneName: "shortOffset",
});
const COUNT_FORMAT = new Intl.NumberFormat([...LOCALES]);
const TENTH_FORMAT = new Intl.NumberFormat([...LOCALES], {
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
});
const SHORT_FORMAT = new Intl.NumberFormat([...LOCALES], { maximumFractionDigits: 1 });

/** Format a date: 22 Nov, with the year if the date is not in the current year. */
export function formatDate(time: string | number, now: number): string {
  const date = new Date(toMs(time));
  const sameYear = date.getFullYear() === new Date(now).getFullYear();
  return (sameYear ? DAY_FORMAT : DATE_FORMAT).format(date);
}

/** Format a date without the year: 22 Nov. */
export function formatDay(time: string | number): string {
  return DAY_FORMAT.format(toMs(time));
}

/** Format a time of day to the minute: 19:04. */
export function formatMinute(time: string | number): string {
  return MINUTE_FORMAT.format(toMs(time));
}

/**
 * Format a time: 22 Nov 19:04:11, in the reader's zone, with the year if the time is not in the
 * current year.
 */
export function formatTime(time: string | number, now: number): string {
  return `${formatDate(time, now)} ${formatClock(time)}`;
}

/** Format a time to the minute: 22 Nov 19:04. */
export function formatMoment(time: string | number, now: number): string {
  return `${formatDate(time, now)} ${formatMinute(time)}`;
}

/** Format a time of day: 19:04:11. */
export function formatClock(time: string | number): string {
  return CLOCK_FORMAT.format(toMs(time));
}

/** Format every part of a time, for hovering: Sun, 22 Nov 2026, 19:04:11.123 GMT+1. */
export function formatExact(time: string | number): string {
  const ms = toMs(time);
  return `${EXACT_DATE_FORMAT.format(ms)}, ${EXACT_CLOCK_FORMAT.format(ms)}`;
}

/** Format a size in decimal units: 980 bytes, 1.2 kB, 48 MB. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return bytes === 1 ? "1 byte" : `${bytes} bytes`;
  const units = ["kB", "MB", "GB", "TB"];
  let value = bytes / 1000;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value < 9.95 ? SHORT_FORMAT.format(value) : formatCount(Math.round(value))} ${units[unit] ?? ""}`;
}

/** Format a size on disk in units of 1,024, as the settings are written: 10 GB, 1.5 MB. */
export function formatSize(bytes: number): string {
  const units = ["bytes", "KB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1023.5 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const digits =
    value < 9.95 && unit > 0 ? SHORT_FORMAT.format(value) : formatCount(Math.round(value));
  return `${digits} ${units[unit] ?? ""}`;
}

/** Format a count: 12,480. */
export function formatCount(count: number): string {
  return COUNT_FORMAT.format(count);
}

/** Shorten an id, e.g. to 0193a7…c2e, so that similar ids stay distinguishable. */
export function formatId(id: string): string {
  return id.length <= 14 ? id : `${id.slice(0, 6)}…${id.slice(-4)}`;
}

/**
 * Format a trigger's type without its generic suffix: httpEndpoint is http, scheduledTask is
 * scheduled.
 */
export function formatTrigger(type: string): string {
  return type.replace(/(?<=.)(?:Endpoint|Task|Trigger)+$/, "");
}

/** Convert a time to milliseconds since 1970. */
export function toMs(time: string | number): number {
  return typeof time === "number" ? time : Date.parse(time);
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
