import type { ReactNode } from "react";
import { formatCount } from "../locale";
import { counted } from "./plural";

/** The search box. */
export const search = {
  label: "Search executions",
  placeholder: "Search any value: an id, an e-mail, status:error …",
  clear: "Clear the search",
  suggestions: "Suggestions",
  recent: "Recent searches",
  fields: "Fields",
  values: "Values",
  anHourAgo: "an hour ago",
  aDayAgo: "24 hours ago",
  aWeekAgo: "7 days ago",
  example: (value: string) => `e.g. ${value}`,
};

export const savedSearches = {
  title: "Saved searches",
  move: (count: number) =>
    `Move ${formatCount(count)} saved ${count === 1 ? "search" : "searches"} of this browser to the history`,
  forget: (count: number) => `Forget ${counted(count, "recent search", "recent searches")}`,
  note: "The history keeps saved searches, for all its readers. Recent searches stay in this browser.",
  saveAs: "Save this search as",
  save: "Save",
  none: "No search is saved yet. Search for something, then save it.",
  remove: (name: string) => `Remove ${name}`,
  notSaved: (reason: string) => `Not saved: ${reason}`,
  notRemoved: (reason: string) => `Not removed: ${reason}`,
};

export const queryProblem = {
  title: "The search can't be read",
  searchFor: (query: ReactNode) => <>Search for {query}</>,
  forExample: (first: ReactNode, second: ReactNode) => (
    <>
      For example {first}, {second} or any pasted value.
    </>
  ),
};
