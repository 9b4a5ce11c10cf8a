import type { Outline, OutlineNode } from "@/api";
import { RedactedText } from "@/payload/RedactedText";
import { PayloadPane } from "@/payload/PayloadPane";
import { EmptyState } from "@/ui";
import { Stack } from "../Stack";
import type { Chosen } from "../useChosen";
import { NodeHead } from "./NodeHead";
import { PayloadPair } from "./PayloadPair";

interface Props {
  outline: Outline;
  chosen: Chosen;
  onChoose: (sequence: number) => void;
}

/** The facts of the chosen node execution, or of the trigger. */
export function Inspector({ outline, chosen, onChoose }: Props) {
  switch (chosen.kind) {
    case "node":
      return <NodeDetails outline={outline} node={chosen.node} onChoose={onChoose} />;
    case "trigger":
      return <TriggerDetails outline={outline} />;
    case "none":
      return <EmptyState title="Nothing to look into yet" />;
  }
}

interface NodeProps {
  outline: Outline;
  node: OutlineNode;
  onChoose: (sequence: number) => void;
}

function NodeDetails({ outline, node, onChoose }: NodeProps) {
  const isBanner = outline.execution.error?.message === node.error?.message;
  return (
    <div className="flex h-full min-h-0 flex-col">
      <NodeHead outline={outline} node={node} onChoose={onChoose} />
      {node.error !== undefined && !isBanner && <NodeError key={node.sequence} node={node} />}
      <div className="min-h-0 grow">
        <PayloadPair executionId={outline.execution.id} node={node} />
      </div>
    </div>
  );
}

/** A node's own error, if it differs from the execution's error. */
function NodeError({ node: { error } }: { node: OutlineNode }) {
  if (error === undefined) return null;
  return (
    <details className="max-h-1/2 shrink-0 overflow-auto border-b border-line bg-error-soft px-3 py-2">
      <summary className="break-words">
        {error.type !== undefined && <code className="text-error">{error.type}: </code>}
        <RedactedText text={error.message} />
      </summary>
      {error.stack !== undefined && <Stack stack={error.stack} className="pt-2" />}
    </details>
  );
}

function TriggerDetails({ outline }: { outline: Outline }) {
  const { id, trigger } = outline.execution;
  return (
    <div className="flex h-full min-h-0 flex-col">
      <h2 className="flex h-9 shrink-0 items-center border-b border-line px-3">
        Trigger
        {trigger !== undefined && (
          <span className="ps-2 font-normal text-muted">{trigger.type}</span>
        )}
      </h2>
      <div className="min-h-0 grow">
        <PayloadPane
          label="Data"
          address={{ executionId: id, of: "trigger" }}
          info={
            trigger?.bytes === undefined
              ? undefined
              : { bytes: trigger.bytes, redacted: null, truncated: null }
          }
          version={outline.execution.status}
          absent="It was started without data."
        />
      </div>
    </div>
  );
}
