import type { Filters, PageRequest, PayloadAddress } from "./client";

type Value = string | number | boolean | readonly string[] | undefined;

/** Query text of parameters; lists repeat their name, absent ones are left out. */
export function queryText(parameters: object): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters) as [string, Value][]) {
    if (value === undefined || value === false || value === "") continue;
    if (typeof value === "object") value.forEach((item) => query.append(name, item));
    else query.append(name, String(value));
  }
  const text = query.toString();
  return text === "" ? "" : `?${text}`;
}

export function summariesPath(filters: Filters, page: PageRequest): string {
  return `/api/summaries${queryText({ ...filters, ...page })}`;
}

export function payloadPath(address: PayloadAddress): string {
  const execution = `/api/executions/${encodeURIComponent(address.executionId)}`;
  return address.of === "trigger"
    ? `${execution}/trigger/data`
    : `${execution}/nodes/${address.sequence}/${address.of}`;
}
