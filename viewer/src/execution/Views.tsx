import { lazy, Suspense, useCallback, useRef, useState } from "react";
import type { Outline, OutlineNode } from "@/api";
import { useKeys } from "@/app/keys";
import { readPlace } from "@/model/matches";
import { texts } from "@/texts";
import { Dialog, Spinner, Splitter } from "@/ui";
import { Tabs } from "@/ui/Tabs";
import { Inspector } from "./inspector/Inspector";
import type { ExecutionSearch, ViewName } from "./search";
import { NodeTable } from "./table/NodeTable";
import { Timeline } from "./timeline/Timeline";
import { useChosen } from "./useChosen";
import { useNarrow } from "./useNarrow";

const Graph = lazy(async () => ({ default: (await import("./graph/Graph")).Graph }));

const VIEWS: readonly ViewName[] = ["timeline", "graph", "table"];

/** The first pane's share for each view. A graph needs more space than bars. */
const FIRST_SHARES: Readonly<Record<ViewName, number>> = { timeline: 0.5, graph: 0.6, table: 0.55 };

interface Props {
  outline: Outline;
  /** The node that stands for the whole workflow, which the views don't draw. */
  root: OutlineNode | null;
  search: ExecutionSearch;
  onSearch: (change: ExecutionSearch) => void;
}

/** Three views of the same nodes, which share one chosen node, and the inspector beside them. */
export function Views({ outline, root, search, onSearch }: Props) {
  const chosen = useChosen(outline, root, search);
  const isNarrow = useNarrow();
  const [shares, setShares] = useState(FIRST_SHARES);
  const [isSheetOpen, setSheetOpen] = useState(false);
  const inspector = useRef<HTMLDivElement>(null);
  const view = search.view ?? "timeline";
  const onView = (next: ViewName) => onSearch({ view: next });
  const onChoose = useCallback((node: number) => onSearch({ node, step: undefined }), [onSearch]);
  const onOpen = useCallback(() => {
    if (isNarrow) setSheetOpen(true);
    else inspector.current?.focus();
  }, [isNarrow]);
  const tabs = VIEWS.map((value) => ({ value, label: texts.execution[value] }));
  useKeys(
    tabs.map(({ value, label }, index) => ({
      ...{ keys: String(index + 1), label, group: texts.execution.title },
      run: () => onView(value),
    })),
  );

  const sequence = chosen.kind === "node" ? chosen.node.sequence : null;
  const onPick = (node: number) => {
    onChoose(node);
    if (isNarrow) setSheetOpen(true);
  };
  const shared = { outline, chosen: sequence, onChoose, onPick, onOpen };
  const views = (
    <Tabs label={texts.execution.views} value={view} onChange={onView} tabs={tabs}>
      {view === "timeline" && <Timeline {...shared} />}
      {view === "table" && <NodeTable {...shared} />}
      {view === "graph" && (
        <Suspense fallback={<Waiting />}>
          <Graph {...shared} />
        </Suspense>
      )}
    </Tabs>
  );
  const details = (
    <Inspector {...{ outline, root, chosen, onChoose }} place={readPlace(search.at)} />
  );
  if (isNarrow) {
    return (
      <>
        {views}
        <Dialog
          shape="sheet"
          open={isSheetOpen || search.node === "trigger" || search.at !== undefined}
          title={texts.execution.details}
          onClose={() => {
            setSheetOpen(false);
            if (search.node === "trigger") onSearch({ node: undefined });
            else if (search.at !== undefined) onSearch({ at: undefined });
          }}
        >
          {details}
        </Dialog>
      </>
    );
  }
  return (
    <Splitter
      label={texts.execution.viewsWidth}
      share={shares[view]}
      onShare={(share) => setShares({ ...shares, [view]: share })}
      first={views}
      second={
        <section
          ref={inspector}
          tabIndex={-1}
          aria-label={texts.execution.inspector}
          className="h-full outline-none"
        >
          {details}
        </section>
      }
    />
  );
}

function Waiting() {
  return (
    <div className="flex h-full items-center justify-center">
      <Spinner />
    </div>
  );
}
