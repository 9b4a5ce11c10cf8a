import type { ReactNode } from "react";
import { formatCount } from "../locale";
import { counted, plural } from "./plural";

export const settings = {
  title: "Settings",
  space: "What takes the space",
  growth: "Growth",
  growthNote: "recorded in the last 14 days",
  limits: "Limits",
  limitsNote: "in force now",
  next: "What goes next",
  byWorkflow: "By workflow",
  byWorkflowNote: "estimated",
  runs: (count: number) => counted(count, "run", "runs"),
};

/** The parts of a history on disk. */
export const parts = {
  label: "Parts of the history",
  payloadBytes: { name: "Payloads", meaning: "inputs, outputs, trigger data and logs" },
  indexBytes: { name: "Search index", meaning: "the words and values of payloads" },
  rowBytes: { name: "Rows", meaning: "runs, their nodes, counts and all else" },
  logBytes: { name: "Write-ahead log", meaning: "the newest changes, beside the file" },
  freeBytes: { name: "Free pages", meaning: "space within the file for new runs" },
  ofBudget: (share: string, budget: string, runs: number) =>
    `${share} of the budget of ${budget}, ${counted(runs, "run", "runs")}`,
  budget: "Budget",
  noSpools: "No records wait in spools.",
  spools: (count: number, size: string) =>
    plural(count, {
      one: `${formatCount(count)} spool of workflows on this machine takes another ${size}.`,
      other: `${formatCount(count)} spools of workflows on this machine take another ${size}.`,
    }),
  waitingSpools: (count: number, size: string, waiting: number) =>
    plural(count, {
      one: `${formatCount(count)} spool of workflows on this machine takes another ${size}; `,
      other: `${formatCount(count)} spools of workflows on this machine take another ${size}; `,
    }) +
    plural(waiting, {
      one: `${formatCount(waiting)} of ended processes waits for delivery.`,
      other: `${formatCount(waiting)} of ended processes wait for delivery.`,
    }),
  fullNow: "The budget is full, so the oldest runs go as new ones arrive.",
  fullInYears: "At this pace, the budget is full in more than two years.",
  fullInADay: "At this pace, the budget is full in about a day.",
  fullInDays: (days: number) =>
    `At this pace, the budget is full in about ${counted(days, "day", "days")}.`,
};

export const growth = {
  aDay: (size: string) => `${size} a day`,
  about: (aDay: ReactNode, since: ReactNode) => (
    <>
      About {aDay} {since}
    </>
  ),
  lastWeek: "over the last week",
  nothing: "Nothing was recorded in the last week.",
  label: "Space by day",
  day: (day: string, runs: number, size: string) =>
    `${day}: ${counted(runs, "run", "runs")}, about ${size}`,
  today: "today",
};

export const limits = {
  label: "Limits",
  size: "Size",
  noLimit: "no limit",
  atMost: (size: string) => `at most ${size}`,
  successful: "Successful runs",
  failed: "Failed runs",
  removed: "removed when they end",
  anyAge: "any age",
  kept: (days: number) => `kept for ${counted(days, "day", "days")}`,
  ofWorkflow: "Runs of a workflow",
  anyNumber: "any number",
  newest: (count: number) => `the newest ${formatCount(count)}`,
  starred: (count: number) => counted(count, "starred run", "starred runs"),
  noneStarred: "starred runs (none yet)",
  stays: (size: string, starred: ReactNode, workflows: number) => (
    <>
      About {size} always stay: {starred}, running ones, and the newest good run of{" "}
      {workflows === 1 ? "the workflow" : `each of ${formatCount(workflows)} workflows`}.
    </>
  ),
  readOnly: "This receiver only reads the history, so it removes nothing.",
  howToChange: (serve: ReactNode, prune: ReactNode) => (
    <>
      An option changes a limit, e.g. {serve}, and so does a line of the configuration file. {prune}{" "}
      applies limits once.
    </>
  ),
  tooLarge: (size: string, budget: string) =>
    `What has to stay is larger than the budget: about ${size} of ${budget}`,
  neverRemoved: (starred: ReactNode, workflows: number, setting: ReactNode) => (
    <>
      {starred} and the newest good run of {counted(workflows, "workflow", "workflows")} are never
      removed. All other runs go, and the history still exceeds its limit. Remove stars, or raise{" "}
      {setting}.
    </>
  ),
};

export const removals = {
  noLimits: "Nothing: the history has no limits.",
  byRules: "Within a day, by age and number",
  noneByRules: "The limits of age and number remove nothing within a day.",
  byFullBudget: "Now that the budget is full, for one day of growth",
  byBudget: "Once the budget is full, for one day of growth",
  noneByBudget: "Nothing can go: all runs have to stay, or are still running.",
  frees: (size: string) => `frees about ${size}`,
  freesAtLeast: (size: string) => `frees at least ${size}`,
  workflow: "workflow",
  loses: "loses",
  runs: "runs",
  started: "started",
  parts: { payloads: "payloads", nodes: "nodes, too", executions: "everything" },
};

export const workflowSpace = {
  label: "Space by workflow",
  none: "No runs are recorded yet.",
  workflow: "workflow",
  runs: "runs",
  aRun: "a run",
  together: "together",
  share: "share",
};
