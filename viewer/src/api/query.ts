import { recordedSequence } from "../model/places";
import type { Filters, PageRequest, PayloadAddress } from "./client";

/** Half of the size that the receiver accepts for a request's line and headers. */
const MOST_IN_ADDRESS = 32_768;

type Value = string | number | boolean | readonly string[] | undefined;

/** Write parameters as query text. A list repeats its name; an absent parameter is left out. */
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

/** Divide ids into portions, each short enough for an address that a server accepts. */
export function inAddresses(ids: readonly string[]): string[][] {
  const portions: string[][] = [];
  let room = 0;
  for (const id of ids) {
    const taken = encodeURIComponent(id).length + "id=&".length;
    if (taken > room) {
      portions.push([]);
      room = MOST_IN_ADDRESS;
    }
    room -= taken;
    portions.at(-1)?.push(id);
  }
  return portions;
}

/** Return the path of one page of a list. */
export function summariesPath(filters: Filters, page: PageRequest): string {
  return `/api/summaries${queryText({ ...filters, ...page })}`;
}

/**
 * Return the path of a payload, or of a request about the payload.
 *
 * @param below The path of the request, e.g. `/tree`.
 * @param parameters The request's parameters.
 */
export function payloadPath(address: PayloadAddress, below = "", parameters: object = {}): string {
  const execution = `/api/executions/${encodeURIComponent(address.executionId)}`;
  if (address.of === "trigger") return `${execution}/trigger/data${below}${queryText(parameters)}`;
  const { sequence, nodeId, of } = address;
  const node = `${execution}/nodes/${recordedSequence(sequence)}`;
  return `${node}/${of}${below}${queryText({ nodeId, ...parameters })}`;
}
