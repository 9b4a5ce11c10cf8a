import type { ModelCall, ModelCalls } from "@/api";
import { formatCount } from "./format";

/** Format US dollars: "$0.42", "$0.0031", "< $0.0001". */
export function formatCost(usd: number): string {
  if (usd === 0) return "$0";
  if (usd < 0.0001) return "< $0.0001";
  return `$${usd < 0.1 ? usd.toPrecision(2) : usd.toFixed(2)}`;
}

/** Describe the tokens of a call: "1,200 in (400 cached) · 80 out". */
export function describeTokens({ inputTokens, cachedTokens, outputTokens }: ModelCall): string {
  const cached =
    cachedTokens === undefined || cachedTokens === 0
      ? ""
      : ` (${formatCount(cachedTokens)} cached)`;
  return [
    inputTokens === undefined ? undefined : `${formatCount(inputTokens)} in${cached}`,
    outputTokens === undefined ? undefined : `${formatCount(outputTokens)} out`,
  ]
    .filter((part) => part !== undefined)
    .join(" · ");
}

/** Describe all calls of a run: "3 model calls · 4,500 tokens · ≥ $0.02"; null without calls. */
export function describeCalls(calls: ModelCalls): string | null {
  const count = calls.calls.length;
  if (count === 0) return null;
  const tokens = calls.inputTokens + calls.outputTokens;
  const isPartial = calls.unpriced > 0;
  const cost =
    calls.unpriced === count
      ? "cost unknown"
      : `${isPartial ? "≥ " : ""}${formatCost(calls.costUsd)}`;
  return [
    count === 1 ? "1 model call" : `${formatCount(count)} model calls`,
    `${formatCount(tokens)} tokens`,
    cost,
  ].join(" · ");
}

/** Lay out a function call's arguments; text that is no JSON stays as it is. */
export function layOutArguments(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
