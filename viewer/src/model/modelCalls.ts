import type { ModelCall, ModelCalls, UsageSum } from "@/api";
import { formatDollars } from "./format";
import { texts } from "@/texts";

/** Format US dollars: "$0.42", "$0.0031", "< $0.0001". */
export function formatCost(usd: number): string {
  if (usd === 0) return formatDollars(0, { maximumFractionDigits: 0 });
  if (usd < 0.0001) {
    return texts.duration.lessThan(formatDollars(0.0001, { maximumFractionDigits: 4 }));
  }
  return usd < 0.1
    ? formatDollars(usd, { minimumSignificantDigits: 2, maximumSignificantDigits: 2 })
    : formatDollars(usd, {});
}

/** Describe the tokens of a call: "1,200 in (400 cached) · 80 out". */
export function describeTokens({ inputTokens, cachedTokens, outputTokens }: ModelCall): string {
  return [
    inputTokens === undefined
      ? undefined
      : cachedTokens === undefined || cachedTokens === 0
        ? texts.model.inputTokens(inputTokens)
        : texts.model.cachedTokens(inputTokens, cachedTokens),
    outputTokens === undefined ? undefined : texts.model.outputTokens(outputTokens),
  ]
    .filter((part) => part !== undefined)
    .join(" · ");
}

/**
 * Describe all calls of a run: "3 model calls · 4,500 tokens · ≥ $0.02"; null without calls.
 *
 * "≥" stands before everything until all of the run's nodes were read.
 */
export function describeCalls(calls: ModelCalls): string | null {
  const count = calls.calls.length;
  if (count === 0) return null;
  const isCut = calls.nextNodesCursor !== undefined;
  const tokens = calls.inputTokens + calls.outputTokens;
  const isPartial = calls.unpriced > 0 && !isCut;
  const cost =
    calls.unpriced === count
      ? texts.model.costUnknown
      : `${isPartial ? "≥ " : ""}${formatCost(calls.costUsd)}`;
  const sums = [texts.model.modelCalls(count), texts.model.tokens(tokens), cost].join(" · ");
  return isCut ? `≥ ${sums}` : sums;
}

/** Join the calls of a run's nodes, page after page. */
export function joinCalls(pages: readonly ModelCalls[]): ModelCalls {
  const sum = (read: (page: ModelCalls) => number) =>
    pages.reduce((before, page) => before + read(page), 0);
  const next = pages.at(-1)?.nextNodesCursor;
  return {
    calls: pages.flatMap((page) => page.calls),
    inputTokens: sum((page) => page.inputTokens),
    outputTokens: sum((page) => page.outputTokens),
    costUsd: sum((page) => page.costUsd),
    unpriced: sum((page) => page.unpriced),
    ...(next !== undefined && { nextNodesCursor: next }),
  };
}

/** Describe the calls of a run in a list: "12,400 tokens · ≥ $0.02", without a cost if none is known. */
export function describeSum(sum: UsageSum): string {
  const tokens = texts.model.tokens(sum.inputTokens + sum.outputTokens);
  return sum.costUsd === undefined ? tokens : `${tokens} · ${describeCost(sum)}`;
}

/** Describe the cost of calls: "$0.02", "≥ $0.02" if some cost is not known, "cost unknown". */
export function describeCost({ costUsd, unpriced = 0 }: UsageSum): string {
  if (costUsd === undefined) return texts.model.costUnknown;
  return `${unpriced > 0 ? "≥ " : ""}${formatCost(costUsd)}`;
}

/** Lay out a function call's arguments; text that is no JSON stays as it is. */
export function layOutArguments(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
