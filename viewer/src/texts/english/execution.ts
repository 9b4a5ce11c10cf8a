import { formatCount } from "../locale";
import { counted } from "./plural";

export const execution = {
  title: "Execution",
  deleted: "This execution was deleted",
  missing: "There is no such execution",
  missingNote: "It may have been deleted, or its time to be kept is over.",
  loading: "Loading the execution",
  onlyFirst: (shown: number, total: number) =>
    `Only the first ${formatCount(shown)} of ${formatCount(total)} nodes are shown.`,
  views: "Views",
  timeline: "Timeline",
  graph: "Graph",
  table: "Table",
  details: "Details",
  viewsWidth: "Width of the views",
  inspector: "Inspector",
  allOf: (workflow: string) => `All executions of ${workflow}`,
  runName: "The name of this run",
  copyId: (id: string) => `Copy ${id}`,
  copyIdLabel: (id: string) => `Copy the execution's id ${id}`,
  id: "the id",
  retry: "retry",
  simulated: "simulated",
  modes: { production: "production", test: "test" },
  showTrigger: "Show what the run was started with",
  crashNote: "The process ended without a report, so the end is an estimate.",
  previous: "Previous run of the workflow",
  next: "Next run of the workflow",
  previousFailed: "Previous failed run",
  previousSuccessful: "Previous successful run",
};

/** The end of a crashed run, beside its duration. */
export const crash = {
  heartbeat: (time: string) => `last heartbeat ${time}`,
  recorded: (time: string) => `last recorded ${time}`,
};

export const actions = {
  title: "Actions",
  curl: "Copy as cURL",
  json: "Copy as JSON",
  pins: "Copy all outputs for pinning",
  share: "Share as one file",
  openParent: "Open the run that started this one",
  openRepeated: "Open the run that this one repeats",
  children: "Sub-workflows",
  theCurl: "the cURL command",
  theJson: "the run as JSON",
  theOutputs: (count: number) =>
    count === 1 ? "one output for pinning" : `${formatCount(count)} outputs for pinning`,
  tooLargeTrigger: (size: string) => `${size} are too much to copy: download the trigger's data.`,
  tooLargeRun: (size: string) => `${size} are too much to copy: export the run.`,
  saved: (size: string) => `Saved a page of ${size}. Read it before you send it.`,
  curlNotes: {
    address: "The record doesn't say where it was sent: put in the address.",
    beginning: "Only the beginning of the body was kept.",
    secrets: (count: number) =>
      count === 1
        ? "A secret was removed: put in yours."
        : `${formatCount(count)} secrets were removed: put in yours.`,
    marks: "Some values could not be kept as they were.",
  },
};

export const error = {
  title: "Error",
  wholeStack: "whole stack",
  failed: "failed:",
  wasRunning: "was running when its process ended:",
  theStack: "the stack",
  frames: (count: number) => `${counted(count, "frame", "frames")} of libraries`,
  inFunction: (name: string) => `in ${name}`,
};

/** The nodes over time. */
export const timeline = {
  notBegun: "No node has begun yet",
  noNodes: "No node was recorded",
  showUp: "They show up here as they run.",
  label: "Nodes over time",
  estimated:
    "≈ Without start times in the record, nodes are placed by their sequence and duration.",
  allNodes: "All nodes",
  criticalPath: "Critical path",
  criticalNote: "Dim what could have taken longer without delaying the run",
  wholeRun: "whole run",
  attempts: "attempts",
  unknown: "unknown",
  spread: (count: number, shortest: string, median: string, longest: string) =>
    `${formatCount(count)} runs: shortest ${shortest}, median ${median}, longest ${longest}`,
  spreadFailed: (spread: string, failed: number) => `${spread}, ${formatCount(failed)} failed`,
  nextNode: "Next node",
  previousNode: "Previous node",
  zoomToNode: "Zoom to the node",
  showWhole: "Show the whole run",
  zoomIn: "Zoom in",
  zoomOut: "Zoom out",
};

export const graph = {
  label: "The workflow as a graph",
  map: "Map of the whole graph",
  inferred: "as the record shows it",
  notRecorded: "not recorded",
  attempt: (attempt: number) => `attempt ${formatCount(attempt)}`,
  nodesWithin: (count: number) => `${counted(count, "node", "nodes")} within`,
  line: (from: string, to: string) => `From ${from} to ${to}`,
  controls: "Zoom of the graph",
  zoomIn: "Zoom in",
  zoomOut: "Zoom out",
  fit: "Fit the graph into the view",
};

export const nodeTable = {
  label: "Nodes",
  columns: {
    sequence: "#",
    status: "Status",
    name: "Node",
    type: "Type",
    start: "Began",
    duration: "Duration",
    attempt: "Attempt",
    input: "Input",
    output: "Output",
  },
};

/** The details of a node execution, or of the trigger. */
export const inspector = {
  nothing: "Nothing to look into yet",
  data: "Data",
  noData: "It was started without data.",
  trigger: "Trigger",
  triggerAndResult: "Trigger and result",
  triggerWidth: "Width of the trigger's data",
  result: "Result",
  stillRuns: "It still runs.",
  noResult: "It has no result.",
  usual: (duration: string) => `(usual ≈ ${duration})`,
  halfOfRuns: (p50: string) => `Half of its runs take up to ${p50}`,
  mostRuns: (p50: string, p95: string) =>
    `Half of its runs take up to ${p50}, 95 of 100 up to ${p95}`,
  previousRun: "The node's run before",
  nextRun: "The node's next run",
  run: (index: number, count: number) => `run ${formatCount(index)} of ${formatCount(count)}`,
  attempt: (index: number, count: number) =>
    `attempt ${formatCount(index)} of ${formatCount(count)}`,
  inputWidth: "Width of the input",
  payloads: "Payloads",
  input: "Input",
  output: "Output",
  skipped: "The node was skipped.",
  notBegun: "The node has not begun yet.",
  noInput: "No input was recorded.",
  nodeRuns: "The node still runs.",
  failedFirst: "It failed before it had an output.",
  noOutput: "No output was recorded.",
  logs: "Logs",
  logRecords: "Log records",
};

/** The conversation of a node with a model. */
export const model = {
  conversation: "Conversation",
  messages: "Messages",
  costUnknown: "cost unknown",
  answers: (id: string) => `answers ${id}`,
  calls: "calls",
  inputTokens: (count: number) => `${formatCount(count)} in`,
  cachedTokens: (count: number, cached: number) =>
    `${formatCount(count)} in (${formatCount(cached)} cached)`,
  outputTokens: (count: number) => `${formatCount(count)} out`,
  modelCalls: (count: number) => counted(count, "model call", "model calls"),
  tokens: (count: number) => `${formatCount(count)} tokens`,
};
