import { texts } from "@/texts";
import { formatCount, LOCALES, makeOnce } from "@/texts/locale";

/** Formats durations, times, sizes and counts for people. */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Format a duration: 840 ms, 1.2 s, 42 s, 3 min 05 s, 2 h 07 min, 3 d 4 h. */
export function formatDuration(ms: number): string {
  const words = texts.duration;
  if (ms < 0.95) {
    const least = words.milliseconds(formatCount(ms <= 0 ? 0 : 1));
    return ms <= 0 ? least : words.lessThan(least);
  }
  if (ms < 999.5) return words.milliseconds(formatCount(Math.round(ms)));
  if (ms < 9_950) return words.seconds(formatTenth(ms / SECOND));
  if (ms < 59_500) return words.seconds(formatCount(Math.round(ms / SECOND)));
  const seconds = Math.round(ms / SECOND);
  if (seconds < 3600) {
    return words.minutesAndSeconds(formatCount(Math.floor(seconds / 60)), two(seconds % 60));
  }
  const minutes = Math.round(ms / MINUTE);
  if (minutes < 24 * 60) {
    return words.hoursAndMinutes(formatCount(Math.floor(minutes / 60)), two(minutes % 60));
  }
  const hours = Math.round(ms / HOUR);
  return words.daysAndHours(formatCount(Math.floor(hours / 24)), formatCount(hours % 24));
}

/**
 * Format e.g. "3× usual" from twice the usual on. A duration below the usual is not worth a note.
 */
export function formatAgainstUsual(ms: number, usualMs: number | undefined): string | undefined {
  if (usualMs === undefined || usualMs <= 0) return undefined;
  const times = ms / usualMs;
  if (times < 1.95) return undefined;
  return texts.duration.timesUsual(
    times < 9.5 ? SHORT_FORMAT().format(times) : formatCount(Math.round(times)),
  );
}

/**
 * Format a time relative to now: just now, 42 s ago, 2 min ago, 3 h ago, yesterday, 5 days ago,
 * then the date.
 */
export function formatAgo(time: string | number, now: number): string {
  const ago = now - toMs(time);
  const words = texts.ago;
  if (ago < -MINUTE) return words.future(formatDuration(-ago));
  if (ago < 5 * SECOND) return words.now;
  if (ago < MINUTE) return words.seconds(Math.floor(ago / SECOND));
  if (ago < HOUR) return words.minutes(Math.floor(ago / MINUTE));
  if (ago < DAY) return words.hours(Math.floor(ago / HOUR));
  if (ago < 2 * DAY) return words.yesterday;
  if (ago < 7 * DAY) return words.days(Math.floor(ago / DAY));
  return formatDate(time, now);
}

// Making a formatter takes longer than the rest of a list row, so make each once, and only if a text
// needs it.
const DAY_FORMAT = makeOnce(
  () => new Intl.DateTimeFormat([...LOCALES], { day: "numeric", month: "short" }),
);
const DATE_FORMAT = makeOnce(
  () =>
    new Intl.DateTimeFormat([...LOCALES], {
      day: "numeric",
      month: "short",
      year: "numeric",
    }),
);
const EXACT_DATE_FORMAT = makeOnce(
  () =>
    new Intl.DateTimeFormat([...LOCALES], {
      weekday: "short",
      day: "numeric",
      month: "short",
      year: "numeric",
    }),
);
const MINUTE_FORMAT = makeOnce(
  () =>
    new Intl.DateTimeFormat([...LOCALES], {
      hour: "2-digit",
      minute: "2-digit",
    }),
);
const CLOCK_FORMAT = makeOnce(
  () =>
    new Intl.DateTimeFormat([...LOCALES], {
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
    }),
);
const EXACT_CLOCK_FORMAT = makeOnce(
  () =>
    new Intl.DateTimeFormat([...LOCALES], {
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
      fractionalSecondDigits: 3,
      timeZoneName: "shortOffset",
    }),
);
const TENTH_FORMAT = makeOnce(
  () =>
    new Intl.NumberFormat([...LOCALES], {
      minimumFractionDigits: 1,
      maximumFractionDigits: 1,
    }),
);
const PERCENT_FORMAT = makeOnce(() => new Intl.NumberFormat([...LOCALES], { style: "percent" }));
const TENTH_PERCENT_FORMAT = makeOnce(
  () =>
    new Intl.NumberFormat([...LOCALES], {
      style: "percent",
      minimumFractionDigits: 1,
      maximumFractionDigits: 1,
    }),
);
const TWO_DIGIT_FORMAT = makeOnce(
  () => new Intl.NumberFormat([...LOCALES], { minimumIntegerDigits: 2 }),
);
const SHORT_FORMAT = makeOnce(
  () => new Intl.NumberFormat([...LOCALES], { maximumFractionDigits: 1 }),
);

/** Format a date: 22 Nov, with the year if the date is not in the current year. */
export function formatDate(time: string | number, now: number): string {
  const date = new Date(toMs(time));
  const sameYear = date.getFullYear() === new Date(now).getFullYear();
  return (sameYear ? DAY_FORMAT : DATE_FORMAT)().format(date);
}

/** Format a date without the year: 22 Nov. */
export function formatDay(time: string | number): string {
  return DAY_FORMAT().format(toMs(time));
}

/** Format the days from a time to another: 3 Nov, 1 – 3 Nov, or 30 Oct – 3 Nov. */
export function formatDays(oldest: string, newest: string): string {
  return DAY_FORMAT().formatRange(toMs(oldest), toMs(newest));
}

/** Format a time of day to the minute: 19:04. */
export function formatMinute(time: string | number): string {
  return MINUTE_FORMAT().format(toMs(time));
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
  return CLOCK_FORMAT().format(toMs(time));
}

/** Format every part of a time, for hovering: Sun, 22 Nov 2026, 19:04:11.123 GMT+1. */
export function formatExact(time: string | number): string {
  const ms = toMs(time);
  return `${EXACT_DATE_FORMAT().format(ms)}, ${EXACT_CLOCK_FORMAT().format(ms)}`;
}

/** Format a size in decimal units: 980 bytes, 1.2 kB, 48 MB. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return bytes === 1 ? texts.size.byte : texts.size.bytes(formatCount(bytes));
  const units = texts.size.decimal;
  let value = bytes / 1000;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value < 9.95 ? SHORT_FORMAT().format(value) : formatCount(Math.round(value))} ${units[unit] ?? ""}`;
}

/** Format a size on disk in units of 1,024, as the settings are written: 10 GB, 1.5 MB. */
export function formatSize(bytes: number): string {
  const units = texts.size.binary;
  let value = bytes;
  let unit = 0;
  while (value >= 1023.5 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const digits =
    value < 9.95 && unit > 0 ? SHORT_FORMAT().format(value) : formatCount(Math.round(value));
  return `${digits} ${units[unit] ?? ""}`;
}

export { formatCount };

/** Format a range of counts: 1–1,200. */
export function formatRange(first: number, last: number): string {
  return `${formatCount(first)}–${formatCount(last)}`;
}

/** Format a number with one decimal: 2.4. */
export function formatTenth(value: number): string {
  return TENTH_FORMAT().format(value);
}

const DECIMAL_FORMATS = new Map<number, Intl.NumberFormat>();

/** Format a number with at most so many decimals: 2.5, 3. */
export function formatDecimals(value: number, most: number): string {
  const format =
    DECIMAL_FORMATS.get(most) ??
    new Intl.NumberFormat([...LOCALES], { maximumFractionDigits: most });
  DECIMAL_FORMATS.set(most, format);
  return format.format(value);
}

/** Format a share of 1 as a percentage: 12%, 2.4%. */
export function formatPercent(share: number, digits: 0 | 1 = 0): string {
  return (digits === 0 ? PERCENT_FORMAT : TENTH_PERCENT_FORMAT)().format(share);
}

/** Format US dollars: $0.42. */
export function formatDollars(usd: number, digits: Intl.NumberFormatOptions): string {
  const currency = { style: "currency", currency: "USD", currencyDisplay: "narrowSymbol" } as const;
  return new Intl.NumberFormat([...LOCALES], { ...currency, ...digits }).format(usd);
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
  return type.replace(/(?<=.)(?:Endpoint|Receiver|Task|Trigger)+$/, "");
}

/** Convert a time to milliseconds since 1970. */
export function toMs(time: string | number): number {
  return typeof time === "number" ? time : Date.parse(time);
}

function two(value: number): string {
  return TWO_DIGIT_FORMAT().format(value);
}
