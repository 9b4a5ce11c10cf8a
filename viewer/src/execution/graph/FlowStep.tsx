import { Handle, Position, type Node, type NodeProps } from "@xyflow/react";
import type { FlowNode } from "@/model/flow";
import { formatCount, formatDuration } from "@/model/format";
import { type Mark } from "@/model/status";
import { texts } from "@/texts";
import { StatusMark, classes } from "@/ui";

export type StepNode = Node<{ step: FlowNode; mark: Mark | null; isChosen: boolean }, "step">;

const FRAMES: Partial<Record<Mark, string>> = {
  error: "border-error bg-error-soft",
  crashed: "border-error border-dashed bg-error-soft",
  running: "border-running bg-raised",
  success: "border-line-strong bg-raised",
};
const FAINT = "border-dashed border-line-strong bg-canvas text-muted";

/** A node of the graph, with its status and duration. */
export function FlowStep({ data: { step, mark, isChosen } }: NodeProps<StepNode>) {
  const outcome = mark === null ? texts.graph.notRecorded : texts.mark[mark];
  return (
    <>
      <Handle type="target" position={Position.Left} isConnectable={false} />
      <Handle type="source" position={Position.Right} isConnectable={false} />
      <button
        type="button"
        data-step={step.id}
        tabIndex={isChosen ? 0 : -1}
        aria-pressed={isChosen}
        aria-label={[step.name, outcome, ...describeStep(step)].join(", ")}
        className={classes(
          "flex size-full items-center gap-2 rounded-md border px-3 text-base",
          (mark === null ? undefined : FRAMES[mark]) ?? FAINT,
          isChosen && "outline-2 outline-offset-1 outline-accent",
        )}
      >
        {mark !== null && <StatusMark mark={mark} label={null} size={14} />}
        <span className="flex min-w-0 grow flex-col">
          <span className="truncate leading-5">{step.name}</span>
          <span className="truncate text-sm leading-4 text-muted">{step.type}</span>
        </span>
        <span className="flex max-w-1/2 shrink-0 flex-col items-end text-sm leading-4 text-muted">
          {step.durationMs !== null && (
            <span className="max-w-full truncate">{formatDuration(step.durationMs)}</span>
          )}
          <span className="max-w-full truncate">{repetition(step)}</span>
        </span>
      </button>
    </>
  );
}

function repetition({ runs, attempts }: FlowNode): string {
  if (runs > 1) return `×${formatCount(runs)}`;
  return attempts > 1 ? texts.graph.attempt(attempts) : "";
}

function describeStep(step: FlowNode): string[] {
  const duration = step.durationMs === null ? "" : formatDuration(step.durationMs);
  return [duration, repetition(step)].filter((part) => part !== "");
}
