import type { HistoryProblem } from "@/api";
import { dropFilter, type ListFilters } from "@/model/filters";
import { readFault } from "@/model/querySuggestion";
import { parseSearchText } from "@/model/searchText";
import { texts } from "@/texts";
import { Button, EmptyState, QueryText } from "@/ui";

const EXAMPLES = ["status:error", "node:Charge output.status:>=500"] as const;

interface Props {
  problem: HistoryProblem;
  q: string;
  filters: ListFilters;
  onFilters: (filters: ListFilters) => void;
}

/** A query that can't be read: the place of the fault, and the query that was probably meant. */
export function QueryProblem({ problem, q, filters, onFilters }: Props) {
  const fault = readFault(q, problem);
  const { suggestion } = problem;
  return (
    <div role="alert">
      <EmptyState title={texts.queryProblem.title}>
        {fault !== null && (
          <p className="max-w-full font-mono break-words">
            {fault.before}
            <mark className="bg-error-soft text-error underline decoration-wavy underline-offset-2">
              {fault.word === "" ? " " : fault.word}
            </mark>
            {fault.after}
          </p>
        )}
        <p>{problem.detail}</p>
        {problem.hint !== undefined && <p className="text-muted">{problem.hint}</p>}
        {suggestion !== undefined && (
          <Button
            look="primary"
            className="max-w-full"
            onClick={() =>
              onFilters({ ...dropFilter(filters, "query"), ...parseSearchText(suggestion) })
            }
          >
            {texts.queryProblem.searchFor(<code className="truncate">{suggestion}</code>)}
          </Button>
        )}
        <p className="text-sm text-muted">
          {texts.queryProblem.forExample(
            <code>{EXAMPLES[0]}</code>,
            <code>
              <QueryText text={EXAMPLES[1]} />
            </code>,
          )}
        </p>
      </EmptyState>
    </div>
  );
}
