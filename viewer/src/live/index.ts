export type { Connection } from "./feed";
export { AGGREGATES, LiveProvider, useChanges, useConnection, useFeed } from "./LiveProvider";
