export type * from "./client";
export type * from "./types";
export { ClientProvider, useClient } from "./context";
export { httpClient } from "./httpClient";
export { asProblem, HistoryProblem } from "./problem";
