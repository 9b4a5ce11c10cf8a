import { useState } from "react";
import type { FullError, Outline, OutlineNode } from "@/api";
import { RedactedText } from "@/payload/RedactedText";
import { getMark } from "@/model/status";
import { findPlace, shortFile } from "@/model/stacks";
import { firstChoice } from "@/model/waterfall";
import { texts } from "@/texts";
import { Icon, StatusMark } from "@/ui";
import { Stack } from "./Stack";

interface Props {
  outline: Outline;
  /** Chooses a node execution by its sequence. */
  onNode: (sequence: number) => void;
}

/** Why the execution failed: the error, the node, and the place in the user's code. */
export function ErrorBanner({ outline, onNode }: Props) {
  const { execution, nodes } = outline;
  const [isOpen, setOpen] = useState(false);
  const { error } = execution;
  if (error === undefined) return null;
  const failed =
    error.nodeId === undefined
      ? undefined
      : firstChoice(
          nodes.filter((node) => node.nodeId === error.nodeId),
          error,
        );
  const stack = error.stack ?? failed?.error?.stack;
  return (
    <section
      aria-label={texts.error.title}
      className="max-h-[40%] shrink-0 overflow-auto border-b border-line bg-error-soft"
    >
      <div className="flex flex-wrap items-baseline gap-x-3 gap-y-1 px-4 py-2">
        <StatusMark mark={getMark(execution)} label={null} className="relative top-px" />
        <p className="min-w-0 grow basis-64 wrap-anywhere">
          {failed !== undefined && <FailedNode node={failed} onNode={onNode} />}
          <Message error={error} />
        </p>
        {stack !== undefined && (
          <p className="flex min-w-0 items-baseline gap-3">
            <Place stack={stack} />
            <button
              type="button"
              aria-expanded={isOpen}
              onClick={() => setOpen(!isOpen)}
              className="flex shrink-0 items-center gap-1 self-center text-muted hover:text-text"
            >
              <Icon name={isOpen ? "down" : "right"} size={12} />
              {texts.error.wholeStack}
            </button>
          </p>
        )}
      </div>
      {isOpen && stack !== undefined && <Stack stack={stack} className="px-4 pb-3" />}
    </section>
  );
}

function FailedNode({ node, onNode }: { node: OutlineNode; onNode: (sequence: number) => void }) {
  const verb = node.error?.kind === "crashed" ? texts.error.wasRunning : texts.error.failed;
  return (
    <>
      <button
        type="button"
        onClick={() => onNode(node.sequence)}
        className="inline text-start font-semibold wrap-anywhere underline decoration-line-strong underline-offset-2 hover:decoration-current"
      >
        {node.nodeName}
      </button>{" "}
      <span className="font-semibold">{verb}</span>{" "}
    </>
  );
}

const PLAIN_KINDS: ReadonlySet<string> = new Set(["exception"]);

function Message({ error }: { error: FullError }) {
  const { type, kind, message } = error;
  const isInMessage = type !== undefined && message.startsWith(type);
  return (
    <>
      {type !== undefined && !isInMessage && <code className="text-error">{type}: </code>}
      <span className="whitespace-pre-wrap">
        <RedactedText text={message} />
      </span>
      {kind !== undefined && !PLAIN_KINDS.has(kind) && (
        <span className="ms-2 rounded-sm border border-line-strong px-1 text-sm text-muted">
          {kind}
        </span>
      )}
    </>
  );
}

function Place({ stack }: { stack: string }) {
  const place = findPlace(stack);
  if (place === null) return null;
  return (
    <code className="min-w-0 break-all text-muted" title={`${place.file}:${place.line}`}>
      {shortFile(place.file)}:{place.line}
      {place.name !== "" && ` ${texts.error.inFunction(place.name)}`}
    </code>
  );
}
