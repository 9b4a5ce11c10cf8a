import type { HistoryClient, Options } from "./client";
import { parseExact } from "../model/exactJson";
import { followEvents } from "./follow";
import { problemOf, unreachable } from "./problem";
import { inAddresses, payloadPath, queryText, summariesPath } from "./query";
import type {
  Counts,
  Definition,
  ErrorGroups,
  NodeStats,
  Outline,
  PayloadMatches,
  PayloadTable,
  PayloadTree,
  Series,
  SummaryPage,
  WorkflowStats,
} from "./types";

/**
 * Make a client for the history behind a receiver. `baseUrl` is the receiver's address, by default
 * the page's own.
 */
export function httpClient(baseUrl = ""): HistoryClient {
  const base = baseUrl.replace(/\/+$/, "");
  const send = (path: string, init: RequestInit = {}) => request(base + path, init);
  const get = async <T>(path: string, options?: Options): Promise<T> =>
    (await (await send(path, withSignal(options))).json()) as T;
  // Keep the numbers in payloads as they were written.
  const exact = async <T>(path: string, options?: Options): Promise<T> =>
    parseExact(await (await send(path, withSignal(options))).text()) as T;
  const execution = (id: string) => `/api/executions/${encodeURIComponent(id)}`;

  return {
    summaries: (filters, page, options) => get<SummaryPage>(summariesPath(filters, page), options),
    summariesOf: async (ids, filters, options) => {
      const pages = inAddresses(ids).map((id) =>
        get<SummaryPage>(`/api/summaries${queryText({ id, ...filters })}`, options),
      );
      return (await Promise.all(pages)).flatMap((page) => page.summaries);
    },
    counts: (scope, options) => get<Counts>(`/api/counts${queryText(scope)}`, options),
    series: (scope, points, options) =>
      get<Series>(`/api/series${queryText({ ...scope, points })}`, options),
    workflows: async (scope, options) =>
      (await get<{ workflows: WorkflowStats[] }>(`/api/workflows${queryText(scope)}`, options))
        .workflows,
    projects: async (options) =>
      (await get<{ projects: string[] }>("/api/projects", options)).projects,
    nodes: async (scope, options) =>
      (await get<{ nodes: NodeStats[] }>(`/api/nodes${queryText(scope)}`, options)).nodes,
    errors: (scope, limit, options) =>
      get<ErrorGroups>(`/api/errors${queryText({ ...scope, limit })}`, options),

    outline: (id, options) => get<Outline>(`${execution(id)}/outline`, options),
    definition: (id, options) =>
      get<Definition>(`/api/workflows/${encodeURIComponent(id)}/definition`, options),
    executionText: async (id, options) => (await send(execution(id), withSignal(options))).text(),

    payloadTree: (address, path, range, options) =>
      exact<PayloadTree>(payloadPath(address, "/tree", { path, ...range }), options),
    payloadSearch: (address, q, options) =>
      get<PayloadMatches>(payloadPath(address, "/search", { q }), options),
    payloadSelect: (address, jsonpath, options) =>
      get<PayloadMatches>(payloadPath(address, "/select", { jsonpath }), options),
    payloadTable: (address, path, range, options) =>
      exact<PayloadTable>(payloadPath(address, "/table", { path, ...range }), options),
    payloadBytes: async (address, { first, last }, options) => {
      const response = await send(payloadPath(address), {
        ...withSignal(options),
        headers: { range: `bytes=${first}-${last}` },
      });
      const bytes = await response.arrayBuffer();
      const size = Number(response.headers.get("content-range")?.split("/")[1] ?? bytes.byteLength);
      return { bytes, size };
    },
    payloadText: async (address, options) =>
      (await send(payloadPath(address), withSignal(options))).text(),
    payloadValue: async (address, path, options) =>
      (await send(payloadPath(address, "/raw", { path, as: "text" }), withSignal(options))).text(),
    payloadDownload: async (address, options) =>
      (await send(payloadPath(address, "", { download: true }), withSignal(options))).blob(),

    setStar: async (id, starred, options) => {
      await send(`${execution(id)}/star`, {
        method: starred ? "PUT" : "DELETE",
        ...withSignal(options),
      });
    },
    remove: async (ids, options) => {
      const response = await send("/api/deletions", {
        ...json({ ids }),
        ...withSignal(options),
        keepalive: options?.leaving === true,
      });
      return ((await response.json()) as { deleted: number }).deleted;
    },
    exportExecutions: async (ids, options) =>
      (await send("/api/exports", { ...json({ ids }), ...withSignal(options) })).blob(),

    follow: (listener) => followEvents(`${base}/api/events`, listener),
  };
}

async function request(url: string, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, init);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw unreachable(new URL(url, location.href).origin);
  }
  if (!response.ok) throw await problemOf(response);
  return response;
}

function json(body: unknown): RequestInit {
  return {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  };
}

function withSignal(options?: Options): RequestInit {
  return options?.signal === undefined ? {} : { signal: options.signal };
}
