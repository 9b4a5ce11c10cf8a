import { Link } from "@tanstack/react-router";
import type { OutlineExecution } from "@/api";
import { texts } from "@/texts";

/** The path to this page. The workflow's name leads to its executions. */
export function Breadcrumb({ execution }: { execution: OutlineExecution }) {
  return (
    <>
      <Link
        to="/"
        search={{ workflow: [execution.workflowId] }}
        title={texts.execution.allOf(execution.workflowName)}
        className="min-w-0 truncate font-semibold hover:underline"
      >
        {execution.workflowName}
      </Link>
      <span aria-hidden className="text-faint">
        /
      </span>
      {execution.name !== undefined && (
        <span className="min-w-0 truncate" title={texts.execution.runName}>
          {execution.name}
        </span>
      )}
    </>
  );
}
