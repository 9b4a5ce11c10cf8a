import type { HistoryClient, Options } from "./client";
import { parseExact } from "../model/exactJson";
import { EVENTS_PATH, takeEarly } from "./early";
import { followEvents } from "./follow";
import { accessHeaders, readRefusal, type Access } from "./access";
import { unreachable } from "./problem";
import { inAddresses, payloadPath, queryText, summariesPath } from "./query";
import type {
  Comparison,
  Counts,
  Definition,
  ErrorGroups,
  FacetPage,
  ModelCalls,
  Nearest,
  NodeList,
  Outline,
  PayloadMatches,
  PayloadTable,
  PayloadTree,
  QueryFields,
  SavedQueries,
  Series,
  SpaceReport,
  SummaryPage,
  TriggerPage,
  Stats,
  Usage,
  WorkflowList,
} from "./types";

/**
 * Make a client for the history behind a receiver. `baseUrl` is the receiver's address, by default
 * the page's own. `access` has the credentials: a session of a page, or a token.
 */
export function httpClient(baseUrl = "", access?: Access): HistoryClient {
  const base = baseUrl.replace(/\/+$/, "");
  const send = (path: string, init: RequestInit = {}) => request(base + path, init, access);
  const get = async <T>(path: string, options?: Options): Promise<T> =>
    (await (await send(path, withSignal(options))).json()) as T;
  // Keep the numbers in payloads as they were written.
  const exact = async <T>(path: string, options?: Options): Promise<T> =>
    parseExact(await (await send(path, withSignal(options))).text()) as T;
  const savedQuery = (name: string) => `/api/query/saved/${encodeURIComponent(name)}`;
  const execution = (id: string) => `/api/executions/${encodeURIComponent(id)}`;

  return {
    summaries: (filters, page, options) => get<SummaryPage>(summariesPath(filters, page), options),
    summariesOf: async (ids, filters, options) => {
      const pages = inAddresses(ids).map((id) =>
        get<SummaryPage>(`/api/summaries${queryText({ id, ...filters })}`, options),
      );
      return (await Promise.all(pages)).flatMap((page) => page.summaries);
    },
    triggers: async (ids, options) => {
      const pages = inAddresses(ids).map((id) =>
        get<TriggerPage>(`/api/triggers${queryText({ id })}`, options),
      );
      return (await Promise.all(pages)).flatMap((page) => page.triggers);
    },
    counts: (filters, options) => get<Counts>(`/api/counts${queryText(filters)}`, options),
    series: (filters, points, options) =>
      get<Series>(`/api/series${queryText({ ...filters, points })}`, options),
    workflows: (filters, options) =>
      get<WorkflowList>(`/api/workflows${queryText(filters)}`, options),
    projects: async (options) =>
      (await get<{ projects: string[] }>("/api/projects", options)).projects,
    nodes: (filters, options) => get<NodeList>(`/api/nodes${queryText(filters)}`, options),
    errors: (filters, limit, options) =>
      get<ErrorGroups>(`/api/errors${queryText({ ...filters, limit })}`, options),
    stats: (projectId, options) => get<Stats>(`/api/stats${queryText({ projectId })}`, options),
    usage: (filters, options) => get<Usage>(`/api/usage${queryText(filters)}`, options),
    comparison: (filters, options) =>
      get<Comparison>(`/api/comparison${queryText(filters)}`, options),
    queryFields: async (options) => (await get<QueryFields>("/api/query/fields", options)).fields,
    nearestQuery: (filters, options) =>
      get<Nearest>(`/api/query/nearest${queryText(filters)}`, options),
    savedQueries: async (options) => (await get<SavedQueries>("/api/query/saved", options)).queries,
    saveQuery: async (name, query, options) => {
      await send(savedQuery(name), { ...json({ query }), method: "PUT", ...withSignal(options) });
    },
    removeSavedQuery: async (name, options) => {
      await send(savedQuery(name), { method: "DELETE", ...withSignal(options) });
    },
    facets: (filters, options) => get<FacetPage>(`/api/facets${queryText(filters)}`, options),
    space: (options) => get<SpaceReport>("/api/space", options),

    outline: (id, options) => get<Outline>(`${execution(id)}/outline`, options),
    definition: (id, options) =>
      get<Definition>(`/api/workflows/${encodeURIComponent(id)}/definition?orEmpty=true`, options),
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
    removeLater: async (ids, afterMs, options) => {
      const response = await send("/api/deletions", {
        ...json({ ids, afterMs }),
        ...withSignal(options),
        keepalive: true,
      });
      return ((await response.json()) as { waitingId: string }).waitingId;
    },
    cancelRemoval: async (waitingId, options) => {
      const path = `/api/deletions/${encodeURIComponent(waitingId)}`;
      const response = await send(path, { method: "DELETE", ...withSignal(options) });
      return ((await response.json()) as { cancelled: boolean }).cancelled;
    },
    remove: async (ids, options) => {
      const response = await send("/api/deletions", {
        ...json({ ids }),
        ...withSignal(options),
        keepalive: options?.leaving === true,
      });
      return ((await response.json()) as { deleted: number }).deleted;
    },
    modelCalls: (id, nodes, options) =>
      get<ModelCalls>(`${execution(id)}/models${queryText({ ...nodes })}`, options),
    sharedPage: async (id, options) =>
      (await send(`${execution(id)}/share`, withSignal(options))).blob(),
    exportExecutions: async (ids, options) =>
      (await send("/api/exports", { ...json({ ids }), ...withSignal(options) })).blob(),

    follow: (listener) => followEvents(base + EVENTS_PATH, listener, access),
  };
}

async function request(url: string, init: RequestInit, access?: Access): Promise<Response> {
  const headers = { ...(init.headers as Record<string, string>), ...accessHeaders(access) };
  let response: Response;
  try {
    const early = init.method === undefined ? takeEarly(url, access?.token() ?? null) : undefined;
    if (early !== undefined) init.signal?.addEventListener("abort", early.cancel);
    response = await (early?.response ?? fetch(url, { ...init, headers }));
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw unreachable(new URL(url, location.href).origin);
  }
  if (!response.ok) throw await readRefusal(response, access);
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
