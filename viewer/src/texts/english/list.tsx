import type { ReactNode } from "react";
import { formatCount } from "../locale";
import { counted } from "./plural";

export const list = {
  title: "Executions",
  loading: "Loading executions",
  columns: {
    select: "Select",
    status: "Status",
    name: "Workflow / run",
    trigger: "Trigger",
    started: "Started",
    duration: "Duration",
    nodes: "Nodes",
    error: "Error",
    star: "Star",
  },
  sortByStart: "Sort by started",
  sortByDuration: "Sort by duration",
  notByDuration: "A search in payloads has no order by duration",
  ofAll: {
    longest: "The longest 500 of all executions found",
    shortest: "The shortest 500 of all executions found",
  },
  ofNewest: {
    longest: (since: ReactNode) => (
      <>
        The longest 500 of the newest {formatCount(20_000)} executions, since {since}. A time range
        or other filters reach further back.
      </>
    ),
    shortest: (since: ReactNode) => (
      <>
        The shortest 500 of the newest {formatCount(20_000)} executions, since {since}. A time range
        or other filters reach further back.
      </>
    ),
  },
  searchedBackTo: (time: ReactNode) => <>Searched back to {time}</>,
  searchFurther: "Search further back",
  fresh: (count: number) => `${formatCount(count)} new`,
};

/** A row of the list. */
export const row = {
  label: (name: string, status: string) => `${name}, ${status}`,
  named: (workflow: string, run: string) => `${workflow}, run ${run}`,
  workflow: (name: string) => `Workflow: ${name}`,
  run: (name: string) => `Run: ${name}`,
  simulated: "simulated",
  test: "test",
  onlyTag: (name: string, value: string) => `Only executions with the tag ${name}: ${value}`,
  select: (name: string, id: string) => `Select ${name}, ${id}`,
  matchesItself: "matches by its own facts",
  crashed: (time: string) =>
    `The process ended without a report; its last heartbeat was at ${time}`,
  crashedUnseen: (time: string) =>
    `The process ended without a report; its last record was of ${time}`,
  usually: (p95: string) => `19 of 20 take at most ${p95}`,
  node: (index: number) => `Node ${formatCount(index)}`,
  noNodes: "no nodes",
  nodes: (done: number, total: number) =>
    `${formatCount(done)} of ${counted(total, "node", "nodes")}`,
  nodesFailed: (done: number, total: number, failed: number) =>
    `${formatCount(done)} of ${counted(total, "node", "nodes")}, ${formatCount(failed)} failed`,
};

export const histogram = {
  label: (runs: number, failed: number) =>
    `${formatCount(runs)} runs over the range, ${formatCount(failed)} failed`,
  runs: (time: string, runs: number) => `${time}: ${counted(runs, "run", "runs")}`,
  runsFailed: (time: string, runs: number, failed: number) =>
    `${time}: ${counted(runs, "run", "runs")}, ${formatCount(failed)} failed`,
  cut: (bar: string) => `${bar} (the bar is cut)`,
};

export const filter = {
  status: "Status",
  all: "All",
  since: (time: ReactNode) => <>since {time}</>,
  onlyNewest:
    "Only the newest executions are counted. A time range or further terms make the counts exact.",
  onlyCrashed: "Only crashed",
  onlyCrashedNote: "Only executions whose process ended first",
  facets: "Facets",
  facetsNote: "The most frequent workflows, nodes, errors and tags (f)",
  onlyStarred: "Only starred",
  workflow: "workflow",
  workflows: (count: number) => counted(count, "workflow", "workflows"),
  noWorkflows: "No workflows yet",
  trigger: "trigger",
  anyTrigger: "any trigger",
  mode: "mode",
  anyMode: "any mode",
  modes: { production: "production", test: "test" },
  orders: {
    newest: "newest first",
    oldest: "oldest first",
    longest: "longest first",
    shortest: "shortest first",
  },
  duration: "duration",
  anyDuration: "any duration",
};

/** A filter in words, as part of "Searched for …" and "Without …". */
export const filterWords = {
  query: (query: string) => `query “${query}”`,
  thisQuery: "this query",
  duration: (range: string) => `duration ${range}`,
  trigger: (trigger: string) => `trigger ${trigger}`,
  mode: (mode: string) => `mode ${mode}`,
  starred: "starred",
  status: (statuses: readonly string[]) => `status ${statuses.join(" or ")}`,
  workflow: (ids: readonly string[]) => `workflow ${ids.join(" or ")}`,
  project: (id: string) => `project ${id}`,
  everything: "ids, names, errors, payloads, logs and tags",
  allPayloads: "all payloads",
};

export const facet = {
  titles: {
    status: "Status",
    workflow: "Workflow",
    node: "Node",
    errorKind: "Error kind",
    model: "Model",
    tag: "Tag",
  },
  counting: "Counting",
  nothing: "Nothing to count.",
  extent: (executions: number, since: ReactNode) => (
    <>
      Counted: the newest {formatCount(executions)}, since {since}.
    </>
  ),
  runs: (count: number) => `${formatCount(count)} of the newest runs`,
};

export const noMatch = {
  nothingYet: "Nothing found yet",
  nothing: "No executions match",
  searched: (filters: ReactNode) => <>Searched for {filters}.</>,
  searchedIn: (filters: ReactNode, fields: string) => (
    <>
      Searched for {filters} in {fields}.
    </>
  ),
  clear: "Clear all filters",
  without: (filter: string, count: string) => `Without ${filter}: ${count}`,
};

export const firstRun = {
  title: "No executions yet",
  threeLines: "Three lines of Python record a first one:",
  example: "Example",
  copied: "Copied",
  waiting: "Waiting",
  waitingForFirst: "Waiting for the first execution",
};

export const selection = {
  toolbar: "Selected executions",
  none: "Select nothing",
  count: (count: number) => `${formatCount(count)} selected`,
  all: (loaded: number) => `Select all ${formatCount(loaded)} loaded`,
  notExported: (reason: string) => `Nothing was exported: ${reason}`,
};

/** The keys of the list, as the sheet of keys names them. */
export const listKeys = {
  next: "Next execution",
  previous: "Previous execution",
  open: "Open",
  select: "Select",
  selectTo: "Select from the last selected to here",
  selectNext: "Select the next too",
  selectPrevious: "Select the previous too",
  showNew: "Show new executions",
  newest: "To the newest",
  oldest: "To the oldest",
  search: "Search",
};
