import { lazy, Suspense } from "react";
import type { NodeModelCall, Turn } from "@/api";
import { isMarkdown } from "@/model/content";
import { describeTokens, formatCost, layOutArguments } from "@/model/modelCalls";
import { RedactedText } from "@/payload/RedactedText";
import { texts } from "@/texts";
import { classes, Spinner } from "@/ui";

const Markdown = lazy(async () => ({ default: (await import("@/payload/Markdown")).Markdown }));

const LONG_CHARACTERS = 200_000;
const ROLES: Record<string, string> = {
  user: "border-accent",
  assistant: "border-success",
  tool: "border-warning",
};

/** A model's conversation with its model, tokens and cost. */
export function Conversation({ call: { call, costUsd } }: { call: NodeModelCall }) {
  return (
    <details
      open
      className="max-h-1/2 shrink-0 overflow-auto border-b border-line"
      data-testid="conversation"
    >
      <summary className="sticky top-0 z-1 flex flex-wrap items-baseline gap-x-3 bg-panel px-3 py-1">
        <span className="font-semibold">{texts.model.conversation}</span>
        {call.model !== undefined && <code>{call.model}</code>}
        <span className="text-muted">{describeTokens(call)}</span>
        <span className="text-muted">
          {costUsd === undefined ? texts.model.costUnknown : formatCost(costUsd)}
        </span>
        {call.stopReason !== undefined && <span className="text-faint">{call.stopReason}</span>}
      </summary>
      <ol aria-label={texts.model.messages} className="space-y-2 p-3">
        {call.turns.map((turn, index) => (
          <Message key={index} turn={turn} />
        ))}
      </ol>
    </details>
  );
}

function Message({ turn: { role, text, tools, toolId } }: { turn: Turn }) {
  return (
    <li className={classes("border-s-2 ps-3", ROLES[role] ?? "border-line-strong")}>
      <p className="text-sm text-muted">
        <bdi>{role}</bdi>
        {toolId !== undefined && (
          <span className="text-faint"> · {texts.model.answers(toolId)}</span>
        )}
      </p>
      {text !== undefined && text !== "" && <Content text={text} />}
      {tools?.map((tool, index) => (
        <div key={index} className="mt-1 rounded-md border border-line bg-panel p-2">
          <p className="text-sm">
            <span className="text-muted">{texts.model.calls}</span> <code>{tool.name}</code>
            {tool.id !== undefined && <span className="text-faint"> · {tool.id}</span>}
          </p>
          <pre className="break-words whitespace-pre-wrap">
            <RedactedText text={layOutArguments(tool.arguments)} />
          </pre>
        </div>
      ))}
    </li>
  );
}

function Content({ text }: { text: string }) {
  if (isMarkdown(text) && text.length < LONG_CHARACTERS) {
    return (
      <Suspense fallback={<Spinner />}>
        <Markdown text={text} />
      </Suspense>
    );
  }
  return (
    <p className="break-words whitespace-pre-wrap">
      <RedactedText text={text} />
    </p>
  );
}
