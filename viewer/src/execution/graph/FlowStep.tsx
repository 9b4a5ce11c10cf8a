import { Handle, Position, type Node, type NodeProps } from "@xyflow/react";
import { Fragment } from "react";
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
const BREAKS = /(?<=[_./:-])(?=[^\s_./:-])|(?<=\p{Ll})(?=\p{Lu})/u;
const FAINT = "border-dashed border-line-strong bg-canvas text-muted";

/** A node of the graph, with its status and duration. Far away, its name takes the whole box. */
export function FlowStep({ data: { step, mark, isChosen } }: NodeProps<StepNode>) {
  const outcome = mark === null ? texts.graph.notRecorded : texts.mark[mark];
  const facts = [outcome, ...describeStep(step)];
  return (
    <>
      <Handle type="target" position={Position.Left} isConnectable={false} />
      <Handle type="source" position={Position.Right} isConnectable={false} />
      <button
        type="button"
        data-step={step.id}
        tabIndex={isChosen ? 0 : -1}
        aria-pressed={isChosen}
        aria-label={[step.name, ...facts].join(", ")}
        // Only for pointers: the label says the same to screen readers.
        onPointerEnter={(event) =>
          (event.currentTarget.title = `${step.name}\n${[step.type, ...facts].join(" · ")}`)
        }
        className={classes(
          "flex size-full items-center gap-2 rounded-md border px-2.5 text-start text-base",
          (mark === null ? undefined : FRAMES[mark]) ?? FAINT,
          isChosen && "outline-2 outline-offset-1 outline-accent",
        )}
      >
        {mark !== null && (
          <StatusMark mark={mark} label={null} size={14} className="group-data-far/graph:size-5" />
        )}
        <span className="min-w-0 grow">
          <span className="line-clamp-2 leading-4.5 wrap-anywhere group-data-far/graph:text-[18px] group-data-far/graph:leading-5.5">
            <Name name={step.name} />
          </span>
          <span className="flex gap-2 text-sm leading-4 whitespace-nowrap text-muted group-data-far/graph:text-lg group-data-far/graph:leading-4.5">
            <span className="min-w-0 grow truncate group-data-far/graph:hidden">{step.type}</span>
            <span className="max-w-2/3 shrink-0 truncate">{describeStep(step).join(" · ")}</span>
          </span>
        </span>
      </button>
    </>
  );
}

/** A name that breaks after its separators and before its capitals, as in `load_orders`. */
function Name({ name }: { name: string }) {
  return name.split(BREAKS).map((part, index) => (
    <Fragment key={index}>
      {index > 0 && <wbr />}
      {part}
    </Fragment>
  ));
}

function repetition({ runs, attempts }: FlowNode): string {
  if (runs > 1) return `×${formatCount(runs)}`;
  return attempts > 1 ? texts.graph.attempt(attempts) : "";
}

function describeStep(step: FlowNode): string[] {
  const duration = step.durationMs === null ? "" : formatDuration(step.durationMs);
  return [duration, repetition(step)].filter((part) => part !== "");
}
