import { formatCount } from "../locale";

/** Durations. The numbers are formatted already. */
export const duration = {
  milliseconds: (ms: string) => `${ms} ms`,
  seconds: (s: string) => `${s} s`,
  minutes: (min: string) => `${min} min`,
  hours: (h: string) => `${h} h`,
  lessThan: (duration: string) => `< ${duration}`,
  minutesAndSeconds: (min: string, s: string) => `${min} min ${s} s`,
  hoursAndMinutes: (h: string, min: string) => `${h} h ${min} min`,
  daysAndHours: (d: string, h: string) => `${d} d ${h} h`,
  timesUsual: (times: string) => `${times}× usual`,
  usual: (duration: string) => `usual ≈ ${duration}`,
  atLeast: (min: string) => `${min} or more`,
  atMost: (max: string) => `${max} or less`,
};

/** Times relative to now. */
export const ago = {
  future: (duration: string) => `in ${duration}`,
  now: "just now",
  seconds: (count: number) => `${formatCount(count)} s ago`,
  minutes: (count: number) => `${formatCount(count)} min ago`,
  hours: (count: number) => `${formatCount(count)} h ago`,
  yesterday: "yesterday",
  days: (count: number) => `${formatCount(count)} days ago`,
};

export const size = {
  byte: "1 byte",
  bytes: (count: string) => `${count} bytes`,
  decimal: ["kB", "MB", "GB", "TB"],
  binary: ["bytes", "KB", "MB", "GB", "TB"],
  of: (part: string, whole: string) => `${part} of ${whole}`,
};

/** Time ranges. */
export const range = {
  last: { "1h": "last hour", "24h": "last 24 h", "7d": "last 7 days", "30d": "last 30 days" },
  any: "any time",
  before: (time: string) => `before ${time}`,
  since: (time: string) => `since ${time}`,
};

/** The status of a run or node. */
export const mark = {
  success: "success",
  error: "error",
  crashed: "crashed",
  running: "running",
  pending: "waiting",
  skipped: "skipped",
};
