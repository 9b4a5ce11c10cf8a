export { ExecutionHistory } from "./app/ExecutionHistory";
export type { ExecutionHistoryProps } from "./app/ExecutionHistory";
export { httpClient, HistoryProblem } from "./api";
export type { Access } from "./api";
export type * from "./api/client";
export type * from "./api/types";
export { chooseLanguage } from "./texts";
