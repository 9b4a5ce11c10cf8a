import { useState } from "react";
import type { HistoryProblem } from "@/api";
import { texts } from "@/texts";
import { Button, EmptyState } from "@/ui";

const USUAL_PORT = "3000";
const OPEN_COMMAND = "flightlog open";
const TOKEN_COMMAND = "flightlog token create read";

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
      <EmptyState title={texts.access.title}>
        <p role="alert" className="text-muted">
          {problem.code === "right_needed" ? texts.access.onlyTerminal : problem.detail}
        </p>
        <p>{texts.access.runThis}</p>
        <pre className="rounded-md border border-line bg-panel px-3 py-2">{describeCommand()}</pre>
        <form
          className="flex w-full flex-wrap items-end justify-center gap-2 pt-6"
          onSubmit={(event) => {
            event.preventDefault();
            if (token.trim() !== "") onToken(token.trim());
          }}
        >
          <label className="flex flex-col gap-1 text-start text-muted">
            <span>{texts.access.pasteToken(<code>{TOKEN_COMMAND}</code>)}</span>
            <input
              type="password"
              autoComplete="off"
              spellCheck={false}
              value={token}
              onChange={(event) => setToken(event.target.value)}
              className="rounded-md border border-line bg-panel px-2 py-1"
            />
          </label>
          <Button type="submit">{texts.access.useToken}</Button>
        </form>
      </EmptyState>
    </main>
  );
}

/** The command that opens a page of this receiver. */
function describeCommand(): string {
  const { port } = window.location;
  return port === "" || port === USUAL_PORT ? OPEN_COMMAND : `${OPEN_COMMAND} --port ${port}`;
}
