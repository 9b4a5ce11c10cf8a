import { formatCount } from "../locale";
import { counted } from "./plural";

export const overview = {
  title: "Overview",
  runs: "Runs",
  runsNote: "failures in red",
  runsOverTime: "Runs over time",
  durations: "Durations",
  durationsNote: "p95, and p50 dashed",
  durationsOverTime: "Durations over time",
  errors: "Errors",
  errorsNote: "most frequent first",
  newestErrorsNote: `most frequent of the newest ${formatCount(5_000)} failures`,
  workflows: "Workflows",
  models: "Models",
  modelsNote: "most tokens first",
  newestModelsNote: `most tokens first, of the newest ${formatCount(20_000)} runs`,
  nodes: "Nodes",
  nodesNote: "slowest first",
  newestNodesNote: `slowest first, of at most ${formatCount(2_000)} of the newest runs`,
  loading: (section: string) => `Loading: ${section}`,
  nothing: "Nothing for these filters",
  countAt: (time: string, runs: number) => `${time}: ${formatCount(runs)} runs`,
  failedAt: (time: string, runs: number, failed: number) =>
    `${time}: ${formatCount(runs)} runs, ${formatCount(failed)} failed`,
  noRunsAt: (time: string) => `${time}: no runs`,
  durationsAt: (time: string, p50: string, p95: string) => `${time}: p50 ${p50}, p95 ${p95}`,
};

/** The figures of a period beside those of the period before. */
export const figures = {
  label: "Figures",
  runs: "Runs",
  failureRate: "Failure rate",
  p95: "p95",
  asBefore: "as before",
  points: (points: string) => `${points} points`,
  compared: (period: string, length: string) => `${period}, compared with the ${length} before`,
  showRuns: "Show these runs",
  searchedTo: (time: string) =>
    `The search has reached ${time}. Earlier runs aren't counted; choose a shorter time range.`,
  hour: "hour",
  hours: (count: number) => counted(count, "hour", "hours"),
  days: (count: number) => counted(count, "day", "days"),
  nothingBefore: "no runs to compare with",
  before: (value: string) => `${value} before`,
  removed: (runs: number, failed: number, first: string, last: string) =>
    `Retention has removed ${counted(runs, "older run", "older runs")} (${formatCount(failed)} failed), ` +
    `which started ${first === last ? `on ${first}` : `from ${first} to ${last}`}. ` +
    "Nothing else on this page counts them.",
};

export const overviewTables = {
  byWorkflow: "Durations by workflow",
  byModel: "Tokens by model",
  model: "model",
  calls: "calls",
  input: "input tokens",
  output: "output tokens",
  cost: "cost",
  unnamedModel: "not named",
  allModels: "all",
  slowestNodes: "Slowest nodes",
  frequentErrors: "Most frequent errors",
  workflow: "workflow",
  node: "node",
  runs: "runs",
  failed: "failed",
  p50: "p50",
  p95: "p95",
  p50ToP95: "p50 to p95",
  noProject: "no project",
  error: "error",
  workflows: "workflows",
  overTime: "over time",
  times: "times",
  first: "first",
  last: "last",
  noMessage: "no message",
  sparkline: (count: number, most: number) =>
    `${formatCount(count)} over time, at most ${formatCount(most)} in a step`,
  andMore: (names: string, more: number) => `${names} and ${formatCount(more)} more`,
};
