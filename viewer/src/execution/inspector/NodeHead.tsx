import { useMemo } from "react";
import type { Outline, OutlineNode } from "@/api";
import { ifUsual } from "@/model/estimates";
import { formatDuration } from "@/model/format";
import { getDuration } from "@/model/instants";
import { groupRuns } from "@/model/nodetree";
import { getMark } from "@/model/status";
import { texts } from "@/texts";
import { IconButton, StatusMark, useNow } from "@/ui";
import { getEndMs } from "../run";

interface Props {
  outline: Outline;
  node: OutlineNode;
  onChoose: (sequence: number) => void;
}

/** The head of a node execution: "Charge · httpRequest · attempt 2 of 2 · 1.9 s (usual 0.4 s)". */
export function NodeHead({ outline, node, onChoose }: Props) {
  const clock = useNow();
  const over = getEndMs(outline);
  const hasRun = node.status !== "skipped" && node.status !== "pending";
  const ms = hasRun ? getDuration(node, over, over ?? clock) : null;
  const usual = ifUsual(outline.usual.nodes[node.nodeId]);
  const mark = getMark(node);
  const { place, siblings } = usePlace(outline.nodes, node);
  const at = siblings.findIndex((each) => each.sequence === node.sequence);
  const go = (by: number) => {
    const next = siblings[at + by];
    if (next !== undefined) onChoose(next.sequence);
  };
  return (
    <div className="flex min-h-9 shrink-0 items-center gap-x-2 border-b border-line py-1 ps-3 pe-1">
      <div className="flex min-w-0 grow flex-wrap items-center gap-x-2">
        <StatusMark mark={mark} label={null} />
        <h2 className="min-w-0 truncate" title={node.nodeId}>
          {node.nodeName}
        </h2>
        <span className="text-muted">{node.nodeType}</span>
        {place !== null && <span className="whitespace-nowrap text-muted">{place}</span>}
        <span className="whitespace-nowrap">
          {ms === null ? texts.mark[mark] : formatDuration(ms)}
          {usual.p50Ms !== undefined && (
            <span className="text-muted" title={p95Text(usual)}>
              {" "}
              {texts.inspector.usual(formatDuration(usual.p50Ms))}
            </span>
          )}
        </span>
      </div>
      {siblings.length > 1 && (
        <div className="flex shrink-0">
          <IconButton
            icon="left"
            label={texts.inspector.previousRun}
            disabled={at <= 0}
            onClick={() => go(-1)}
          />
          <IconButton
            icon="right"
            label={texts.inspector.nextRun}
            disabled={at === siblings.length - 1}
            onClick={() => go(1)}
          />
        </div>
      )}
    </div>
  );
}

/** Describe which run of its node this is: "attempt 2 of 3", "run 4 of 100". */
function usePlace(nodes: readonly OutlineNode[], node: OutlineNode) {
  const siblings = useMemo(
    () => nodes.filter((each) => each.nodeId === node.nodeId),
    [nodes, node.nodeId],
  );
  const place = useMemo(() => {
    const [first, ...others] = siblings;
    if (first === undefined) return null;
    const runs = groupRuns([first, ...others]);
    const index = runs.findIndex((run) => run.some((each) => each.sequence === node.sequence));
    const attempts = runs[index]?.length ?? 1;
    const attempt = runs[index]?.findIndex((each) => each.sequence === node.sequence) ?? 0;
    const parts = [
      runs.length > 1 && texts.inspector.run(index + 1, runs.length),
      attempts > 1 && texts.inspector.attempt(attempt + 1, attempts),
    ].filter((part) => part !== false);
    return parts.length === 0 ? null : parts.join(", ");
  }, [siblings, node.sequence]);
  return { place, siblings };
}

function p95Text({ p50Ms, p95Ms }: { p50Ms?: number; p95Ms?: number }): string {
  if (p50Ms === undefined) return "";
  const half = formatDuration(p50Ms);
  if (p95Ms === undefined) return texts.inspector.halfOfRuns(half);
  return texts.inspector.mostRuns(half, formatDuration(p95Ms));
}
