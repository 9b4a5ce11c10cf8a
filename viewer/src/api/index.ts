export type * from "./client";
export type * from "./types";
export { PageAccess, type Access } from "./access";
export { ClientProvider, useClient } from "./context";
export { httpClient } from "./httpClient";
export { asProblem, HistoryProblem } from "./problem";
