import { useState } from "react";
import type { Outline, OutlineNode } from "@/api";
import type { PayloadPlace } from "@/model/matches";
import { RedactedText } from "@/payload/RedactedText";
import { PayloadPane } from "@/payload/PayloadPane";
import { texts } from "@/texts";
import { EmptyState, Splitter } from "@/ui";
import { Stack } from "../Stack";
import type { Chosen } from "../useChosen";
import { useConversation, useModelCalls } from "../useModelCalls";
import { useNarrow } from "../useNarrow";
import { Conversation } from "./Conversation";
import { LogsPane } from "./LogsPane";
import { NodeHead } from "./NodeHead";
import { PayloadPair } from "./PayloadPair";

interface Props {
  outline: Outline;
  /** The node that stands for the whole workflow. */
  root: OutlineNode | null;
  chosen: Chosen;
  onChoose: (sequence: number) => void;
  /** The place in a payload that is shown at first. */
  place: PayloadPlace | undefined;
}

/** The facts of the chosen node execution, or of the trigger. */
export function Inspector({ outline, root, chosen, onChoose, place }: Props) {
  switch (chosen.kind) {
    case "node":
      return <NodeDetails {...{ outline, onChoose, place }} node={chosen.node} />;
    case "trigger":
      return <TriggerDetails {...{ outline, root, place }} />;
    case "none":
      return <EmptyState title={texts.inspector.nothing} />;
  }
}

interface NodeProps extends Pick<Props, "outline" | "onChoose" | "place"> {
  node: OutlineNode;
}

function NodeDetails({ outline, node, onChoose, place }: NodeProps) {
  const isNarrow = useNarrow();
  // On a phone the details cover the execution's error, so that the node's own is the first thing.
  const showsError = isNarrow || outline.execution.error?.message !== node.error?.message;
  return (
    <div className="flex h-full min-h-0 flex-col">
      <NodeHead outline={outline} node={node} onChoose={onChoose} />
      {showsError && <NodeError key={node.sequence} node={node} isOpen={isNarrow} />}
      <NodeConversation key={`call-${node.sequence}`} outline={outline} node={node} />
      <div className="min-h-0 grow">
        <PayloadPair executionId={outline.execution.id} node={node} place={place} />
      </div>
      <NodeLogs executionId={outline.execution.id} node={node} />
    </div>
  );
}

/** The conversation of a node that asked a model. */
function NodeConversation({ outline, node }: { outline: Outline; node: OutlineNode }) {
  const all = useModelCalls(outline);
  const isCall = all?.calls.some((each) => each.sequence === node.sequence) === true;
  return isCall ? <NodeCall outline={outline} node={node} /> : null;
}

function NodeCall({ outline, node }: { outline: Outline; node: OutlineNode }) {
  const found = useConversation(outline, node.sequence);
  const call = found?.calls.find((each) => each.nodeId === node.nodeId);
  return call === undefined ? null : <Conversation call={call} />;
}

function NodeLogs({ executionId, node }: { executionId: string; node: OutlineNode }) {
  const { sequence, nodeId, logs, status } = node;
  if (logs === undefined) return null;
  return (
    <LogsPane
      key={sequence}
      address={{ executionId, of: "logs", sequence, nodeId }}
      version={`${status} ${logs.bytes}`}
    />
  );
}

/** A node's own error; closed, it is one line. */
function NodeError({ node: { error }, isOpen }: { node: OutlineNode; isOpen: boolean }) {
  if (error === undefined) return null;
  return (
    <details
      open={isOpen}
      className="max-h-1/2 shrink-0 overflow-auto border-b border-line bg-error-soft px-3 py-2"
    >
      <summary className="break-words">
        {error.type !== undefined && <code className="text-error">{error.type}: </code>}
        <RedactedText text={error.message} />
      </summary>
      {error.stack !== undefined && <Stack stack={error.stack} className="pt-2" />}
    </details>
  );
}

/** The trigger's data, and beside it the result of the workflow itself, where it is known. */
function TriggerDetails({ outline, root, place }: Pick<Props, "outline" | "root" | "place">) {
  const { id, trigger } = outline.execution;
  const [share, setShare] = useState(0.5);
  const data = (
    <PayloadPane
      label={texts.inspector.data}
      address={{ executionId: id, of: "trigger" }}
      info={
        trigger?.bytes === undefined
          ? undefined
          : { bytes: trigger.bytes, redacted: null, truncated: null }
      }
      version={outline.execution.status}
      absent={texts.inspector.noData}
      at={place?.of === "trigger" ? place.pointer : undefined}
    />
  );
  return (
    <div className="flex h-full min-h-0 flex-col">
      <h2 className="flex h-9 shrink-0 items-center border-b border-line px-3">
        {root === null ? texts.inspector.trigger : texts.inspector.triggerAndResult}
        {trigger !== undefined && (
          <span className="ps-2 font-normal text-muted">{trigger.type}</span>
        )}
      </h2>
      <div className="min-h-0 grow">
        {root === null ? (
          data
        ) : (
          <Splitter
            label={texts.inspector.triggerWidth}
            share={share}
            onShare={setShare}
            first={data}
            second={
              <PayloadPane
                label={texts.inspector.result}
                address={{
                  ...{ executionId: id, of: "output" as const },
                  ...{ sequence: root.sequence, nodeId: root.nodeId },
                }}
                info={root.output}
                version={root.status}
                absent={
                  root.status === "running" ? texts.inspector.stillRuns : texts.inspector.noResult
                }
                at={place?.of === "output" ? place.pointer : undefined}
              />
            }
          />
        )}
      </div>
      {root !== null && <NodeLogs executionId={id} node={root} />}
    </div>
  );
}
