import { counted } from "./plural";

/** Controls that every page has. */
export const controls = {
  close: "Close",
  dismiss: "Dismiss",
  loading: "Loading",
  tryAgain: "Try again",
  copied: (thing: string) => `Copied ${thing}`,
  notCopied: (thing: string) =>
    `The browser did not let ${thing} be copied; select it and copy it yourself.`,
  star: "Star",
  removeStar: "Remove the star",
  starNotKept: (reason: string) => `The star was not kept: ${reason}`,
  copy: "Copy",
  delete: "Delete",
  export: "Export",
  searching: "Searching",
  toExecutions: "To all executions",
};

/** Failures that the viewer itself reports. */
export const problem = {
  viewer: "Something went wrong in the viewer",
  viewerHint: "Reload the page; if it happens again, report the steps that lead to it.",
  unreachable: "The receiver can't be reached",
  noAnswer: (address: string) => `No answer from ${address}.`,
  unreachableHint: "See whether `flightlog serve` is running; the viewer goes on by itself.",
  refused: "The receiver can't do that",
  answered: (status: string) => `It answered ${status}.`,
  signedOut: "Signed out",
  youSignedOut: "You have signed out of this page.",
};

/** Placeholders for values that a record could not hold. */
export const placeholder = {
  more: (count: string) => `${count} more, not kept`,
  truncated: "truncated",
  ofCharacters: (count: string) => `of ${count} characters`,
  notKept: "not kept",
  noSpace: "there was no room for it",
  removed: "removed",
  redactionFailed: "redaction failed, so nothing was kept",
  cycle: "cycle",
  containerUp: (levels: number) =>
    `the container ${levels === 1 ? "one level" : counted(levels, "level", "levels")} up`,
  deep: "more than 100 levels deep",
  unset: "unset",
  unsetNote: "a field without a value",
  unread: "not read",
  unreadNote: "only the object's own code could answer",
  notRepresentable: "not representable",
  streamOf: (count: string | null) => `stream of ${count ?? "some"}`,
  truncatedOf: (count: string) => `truncated, of ${count} characters or bytes`,
  truncatedDigits: (count: string) => `truncated, of ${count} digits`,
  kept: (count: string) => `${count} of them kept`,
  incomplete: "not complete",
  rounded: "rounded",
};
