import { useState } from "react";
import type { HistoryProblem } from "@/api";
import { Button, EmptyState } from "@/ui";

const USUAL_PORT = "3000";

interface Props {
  problem: HistoryProblem;
  /** Receives a token that a person has pasted. */
  onToken: (token: string) => void;
}

/** The page while the receiver refuses it: why, and how to get in. */
export function NoAccess({ problem, onToken }: Props) {
  const [token, setToken] = useState("");
  return (
    <main className="flightlog h-full overflow-auto">
      <EmptyState title="This page has no access to the history">
        <p role="alert" className="text-muted">
          {problem.code === "right_needed"
            ? "Only pages that you opened from a terminal can read it."
            : problem.detail}
        </p>
        <p>Run this on the machine of the receiver; it opens a page that has access:</p>
        <pre className="rounded-md border border-line bg-panel px-3 py-2">{describeCommand()}</pre>
        <form
          className="flex w-full flex-wrap items-end justify-center gap-2 pt-6"
          onSubmit={(event) => {
            event.preventDefault();
            if (token.trim() !== "") onToken(token.trim());
          }}
        >
          <label className="flex flex-col gap-1 text-start text-muted">
            <span>
              Or paste a token that <code>flightlog token create read</code> made:
            </span>
            <input
              type="password"
              autoComplete="off"
              spellCheck={false}
              value={token}
              onChange={(event) => setToken(event.target.value)}
              className="rounded-md border border-line bg-panel px-2 py-1"
            />
          </label>
          <Button type="submit">Use the token</Button>
        </form>
      </EmptyState>
    </main>
  );
}

/** The command that opens a page of this receiver. */
function describeCommand(): string {
  const { port } = window.location;
  return port === "" || port === USUAL_PORT ? "flightlog open" : `flightlog open --port ${port}`;
}
