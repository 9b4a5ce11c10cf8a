import { createMemoryHistory } from "@tanstack/react-router";
import { useState } from "react";
import type { HistoryClient } from "@/api";
import "./theme.css";
import { Viewer } from "./Viewer";

/** The properties of `ExecutionHistory`. */
export interface ExecutionHistoryProps {
  client: HistoryClient;
  /** The first address, e.g. "/?workflow=order-intake" or "/executions/run-1". */
  initialPath?: string;
  className?: string;
}

/** List, execution and overview in one component, for an application that has its own address. */
export function ExecutionHistory({ client, initialPath = "/", className }: ExecutionHistoryProps) {
  const [history] = useState(() => createMemoryHistory({ initialEntries: [initialPath] }));
  return (
    <Viewer
      embedded
      client={client}
      history={history}
      {...(className !== undefined && { className })}
    />
  );
}
