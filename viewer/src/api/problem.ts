import { texts } from "@/texts";
import type { ProblemTexts } from "@/texts/english/problems";

/** A receiver's report of an error: RFC 9457 with Flightlog's members. */
export interface Problem {
  title: string;
  detail: string;
  code: string;
  hint?: string;
  status?: number;
  retryable: boolean;
  path?: string;
  /** The place of a fault in a query, counted from 1 in characters. */
  column?: number;
  /** The number of characters at fault. */
  length?: number;
  /** The whole query that was probably meant. */
  suggestion?: string;
}

/** A failed request to a history. */
export class HistoryProblem extends Error implements Problem {
  readonly title: string;
  readonly detail: string;
  readonly code: string;
  readonly hint?: string;
  readonly status?: number;
  readonly retryable: boolean;
  readonly path?: string;
  readonly column?: number;
  readonly length?: number;
  readonly suggestion?: string;

  constructor(problem: Problem) {
    super(problem.detail);
    this.name = "HistoryProblem";
    this.title = problem.title;
    this.detail = problem.detail;
    this.code = problem.code;
    this.retryable = problem.retryable;
    if (problem.hint !== undefined) this.hint = problem.hint;
    if (problem.status !== undefined) this.status = problem.status;
    if (problem.path !== undefined) this.path = problem.path;
    if (problem.column !== undefined) this.column = problem.column;
    if (problem.length !== undefined) this.length = problem.length;
    if (problem.suggestion !== undefined) this.suggestion = problem.suggestion;
  }
}

/** Convert any failure into a problem that can be shown. */
export function asProblem(error: unknown): HistoryProblem {
  if (error instanceof HistoryProblem) return error;
  return new HistoryProblem({
    title: texts.problem.viewer,
    detail: error instanceof Error ? error.message : String(error),
    code: "viewer_error",
    hint: texts.problem.viewerHint,
    retryable: true,
  });
}

/** Make the problem for a receiver that does not answer. */
export function unreachable(address: string): HistoryProblem {
  return new HistoryProblem({
    title: texts.problem.unreachable,
    detail: texts.problem.noAnswer(address),
    code: "unreachable",
    hint: texts.problem.unreachableHint,
    retryable: true,
  });
}

/** Read the problem from an answer whose status is not 2xx. */
export async function readProblem(response: Response): Promise<HistoryProblem> {
  const body: unknown = await response.json().catch(() => null);
  const said = isRecord(body) ? body : {};
  const text = (key: string) => (typeof said[key] === "string" ? said[key] : undefined);
  const code = text("code") ?? `http_${response.status}`;
  const own = findTexts(code);
  const hint = own?.hint ?? text("hint");
  const path = text("path");
  const number = (key: string) => (typeof said[key] === "number" ? said[key] : undefined);
  const [column, length] = [number("column"), number("length")];
  const suggestion = text("suggestion");
  return new HistoryProblem({
    title: own?.title ?? text("title") ?? texts.problem.refused,
    detail:
      own?.detail ??
      text("detail") ??
      texts.problem.answered(`${response.status} ${response.statusText}`.trim()),
    code,
    status: response.status,
    retryable: said.retryable === true,
    ...(hint !== undefined && { hint }),
    ...(path !== undefined && { path }),
    ...(column !== undefined && { column }),
    ...(length !== undefined && { length }),
    ...(suggestion !== undefined && { suggestion }),
  });
}

/** Return the texts of an error; undefined for a code of another version of the receiver. */
function findTexts(code: string): ProblemTexts | undefined {
  return Object.hasOwn(texts.problems, code)
    ? texts.problems[code as keyof typeof texts.problems]
    : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
