import type { ReactNode } from "react";
import { formatCount } from "../locale";
import { plural } from "./plural";

/** The frame around every page. */
export const app = {
  name: "Flightlog",
  pages: "Pages",
  executions: "Executions",
  overview: "Overview",
  settings: "Settings",
  allProjects: "all projects",
  connection: { live: "live", lost: "offline", connecting: "connecting" },
  menus: "Menus",
  skip: "Skip to the content",
  notFound: "There is no such page",
  connectionLost: (since: ReactNode) => (
    <>Connection lost {since}. What you see is from before; it goes on by itself.</>
  ),
};

export const keys = {
  title: "Keys",
  everywhere: "Everywhere",
  allExecutions: "All executions",
  settings: "Settings: space and limits",
  thisSheet: "This sheet",
  enter: "Enter",
  escape: "Esc",
  space: "Space",
};

export const menu = {
  more: "More",
  theme: "Theme",
  themes: { system: "as the system", light: "light", dark: "dark" },
  signOut: "Sign out",
};

export const rangeMenu = {
  title: "Time range",
  custom: "From … to …",
  from: "From",
  before: "Before",
  show: "Show",
};

export const access = {
  title: "This page has no access to the history",
  onlyTerminal: "Only pages that you opened from a terminal can read it.",
  runThis: "Run this on the machine of the receiver; it opens a page that has access:",
  pasteToken: (command: ReactNode) => <>Or paste a token that {command} made:</>,
  useToken: "Use the token",
};

export const deletion = {
  deleted: (count: number) =>
    count === 1 ? "Execution deleted" : `${formatCount(count)} executions deleted`,
  undo: "Undo",
  notUndone: (reason: string) => `The deletion could not be undone: ${reason}`,
  nothingDeleted: (reason: string) => `Nothing was deleted: ${reason}`,
  notDeleted: (count: number, reason: string) =>
    `${formatCount(count)} ${plural(count, { one: "was", other: "were" })} not deleted: ${reason}`,
};
