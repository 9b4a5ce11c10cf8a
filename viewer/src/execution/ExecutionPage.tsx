import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { HistoryProblem, type Outline } from "@/api";
import { PageMain } from "@/app/PageMain";
import { useRemoved } from "@/app/removals";
import { TopBar } from "@/app/TopBar";
import { withoutRoot } from "@/model/rootNode";
import { texts } from "@/texts";
import { EmptyState, ErrorBox, Skeleton } from "@/ui";
import { ErrorBanner } from "./ErrorBanner";
import { Header } from "./header/Header";
import type { ExecutionSearch } from "./search";
import { useOutline } from "./useOutline";
import { Views } from "./Views";

interface Props {
  id: string;
  search: ExecutionSearch;
  onSearch: (change: ExecutionSearch) => void;
}

/** One execution: its summary, its error, and each of its nodes. */
export function ExecutionPage({ id, search, onSearch }: Props) {
  const { data, error, refetch } = useOutline(id);
  const isRemoved = useRemoved().has(id);
  if (isRemoved) return <Gone title={texts.execution.deleted} />;
  if (data !== undefined) return <Loaded outline={data} search={search} onSearch={onSearch} />;
  if (error === null) return <Loading />;
  if (error instanceof HistoryProblem && error.status === 404) {
    return <Gone title={texts.execution.missing} />;
  }
  return (
    <>
      <TopBar />
      <ErrorBox error={error} onRetry={() => void refetch()} className="m-4" />
    </>
  );
}

function Loaded({ outline: whole, search, onSearch }: Omit<Props, "id"> & { outline: Outline }) {
  const { outline, root } = useMemo(() => withoutRoot(whole), [whole]);
  return (
    <div className="flex h-full min-h-0 flex-col">
      <Header outline={whole} search={search} onSearch={onSearch} />
      <PageMain>
        <ErrorBanner outline={outline} onNode={(node) => onSearch({ node })} />
        {outline.nextNodesCursor !== undefined && (
          <p role="status" className="px-4 py-2 text-muted">
            {texts.execution.onlyFirst(whole.nodes.length, outline.execution.nodes.total)}
          </p>
        )}
        <div className="min-h-0 grow">
          <Views outline={outline} root={root} search={search} onSearch={onSearch} />
        </div>
      </PageMain>
    </div>
  );
}

function Gone({ title }: { title: string }) {
  return (
    <>
      <TopBar />
      <EmptyState title={title}>
        <p className="text-muted">{texts.execution.missingNote}</p>
        <Link to="/" className="text-accent underline">
          {texts.controls.toExecutions}
        </Link>
      </EmptyState>
    </>
  );
}

/** The page's shape, so that nothing moves when the answer arrives. */
function Loading() {
  return (
    <div role="status" aria-label={texts.execution.loading} className="flex h-full flex-col">
      <TopBar>
        <Skeleton className="h-4 w-64" />
      </TopBar>
      <div className="flex grow flex-col gap-4 p-4">
        {["w-3/5", "w-2/5", "w-1/2", "w-1/3", "w-1/4"].map((width) => (
          <Skeleton key={width} className={`h-3 ${width}`} />
        ))}
      </div>
    </div>
  );
}
