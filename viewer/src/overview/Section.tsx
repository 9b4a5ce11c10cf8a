import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { texts } from "@/texts";
import { classes, ErrorBox, Skeleton } from "@/ui";

interface Props<Data> {
  title: string;
  note?: string;
  query: UseQueryResult<Data>;
  isEmpty: (data: Data) => boolean;
  className?: string;
  children: (data: Data) => ReactNode;
}

/** One query's title and data, or its loading, empty or failed state. */
export function Section<Data>({ title, note, query, isEmpty, className, children }: Props<Data>) {
  return (
    <section className={classes("flex min-w-0 flex-col rounded-md border border-line", className)}>
      <header className="flex items-baseline gap-2 border-b border-line bg-panel px-3 py-1.5">
        <h2>{title}</h2>
        {note !== undefined && <span className="text-sm text-muted">{note}</span>}
      </header>
      {query.isError ? (
        <ErrorBox error={query.error} onRetry={() => void query.refetch()} className="m-3" />
      ) : query.data === undefined ? (
        <div role="status" aria-label={texts.overview.loading(title)} className="space-y-3 p-3">
          <Skeleton className="h-3 w-2/3" />
          <Skeleton className="h-3 w-1/2" />
          <Skeleton className="h-3 w-3/5" />
        </div>
      ) : isEmpty(query.data) ? (
        <p className="px-3 py-6 text-center text-muted">{texts.overview.nothing}</p>
      ) : (
        children(query.data)
      )}
    </section>
  );
}
