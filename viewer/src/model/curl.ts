/** Writes an HTTP trigger as a cURL command that sends the same request again. */

import { texts } from "@/texts";
import type { Json } from "../api/types";

/** A command, and notes that the user must read before running the command. */
export interface CurlCommand {
  readonly text: string;
  readonly notes: readonly string[];
}

const FALLBACK_HOST = "localhost:8000";
const TOKEN = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;
const HOST = /^(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/;
const REDACTED = /\[REDACTED:[0-9a-f]+\]|\[REDACTION FAILED\]/g;
const MARK = "$flightlog";
/** Headers that curl sets itself, or that belong to one connection. */
const OWN_HEADERS: ReadonlySet<string> = new Set([
  ...["host", "content-length", "connection", "transfer-encoding", "accept-encoding"],
  ...["keep-alive", "upgrade", "te", "trailer", "expect", "proxy-connection"],
]);

interface HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly [member: string]: Json;
}

/** Return a trigger's data if the data is a recorded HTTP request, else null. */
function requestIn(data: Json): HttpRequest | null {
  if (!isObject(data) || typeof data.method !== "string") return null;
  if (!("path" in data) && !("body" in data)) return null;
  const path = typeof data.path === "string" ? data.path : "/";
  return { ...data, method: data.method, path };
}

/**
 * Write the command that sends a trigger's request again.
 *
 * @param data The data that started the execution. If the data is no recorded request, it becomes
 *   the body of a request.
 */
export function curlCommand(data: Json): CurlCommand {
  const request = requestIn(data) ?? { method: "POST", path: "/", body: data };
  const headers = readHeaders(request.headers);
  const notes: string[] = [];
  const host = headers.find(([name]) => name === "host")?.[1] ?? "";
  const isKnown = HOST.test(host);
  if (!isKnown) notes.push(texts.actions.curlNotes.address);
  const method = request.method.toUpperCase();
  const isBodyless = request.body === undefined;
  const parts = ["curl --globoff"];
  const usual = isBodyless ? "GET" : "POST";
  if (method !== usual && TOKEN.test(method)) {
    parts.push(method === "HEAD" ? "--head" : `--request ${quoted(method)}`);
  }
  const scheme = headers.find(([name]) => name === "x-forwarded-proto")?.[1] === "https";
  const url = writeAddress(request, isKnown ? host : FALLBACK_HOST, scheme ? "https" : "http");
  parts.push(quoted(url));
  for (const [name, value] of headers) {
    if (OWN_HEADERS.has(name)) continue;
    parts.push(`--header ${quoted(value === "" ? `${name};` : `${name}: ${value}`)}`);
  }
  const hasType = headers.some(([name]) => name === "content-type");
  const body = readBody(request.body);
  if (body !== null && !hasType && body.isJson) {
    parts.push(`--header ${quoted("content-type: application/json")}`);
  }
  if (body !== null) parts.push(body.option);
  if (request.bodyBytes !== undefined) notes.push(texts.actions.curlNotes.beginning);
  const command = parts.join(" \\\n  ");
  const text = body?.pipe === undefined ? command : `${body.pipe} | ${command}`;
  const removed = new Set(text.match(REDACTED)).size;
  if (removed > 0) {
    notes.push(texts.actions.curlNotes.secrets(removed));
  }
  if (text.includes(`"${MARK}"`)) notes.push(texts.actions.curlNotes.marks);
  return { text, notes };
}

/** Quote for any POSIX shell, which treats no character within single quotes as special. */
export function quoted(text: string): string {
  return `'${text.replaceAll("\0", "").replaceAll("'", "'\\''")}'`;
}

function readHeaders(headers: Json | undefined): [string, string][] {
  if (!isObject(headers)) return [];
  return Object.entries(headers).flatMap(([name, value]): [string, string][] => {
    if (!TOKEN.test(name) || typeof value !== "string") return [];
    // eslint-disable-next-line no-control-regex -- control characters are forbidden in a header line
    return [[name.toLowerCase(), value.replace(/[\u0000-\u0008\u000a-\u001f]+/g, " ").trim()]];
  });
}

function writeAddress(request: HttpRequest, host: string, scheme: string): string {
  const path = request.path.replace(/^\/*/, "/");
  // A recorded path is decoded. A recorded query is the sent text, or an object of parameters.
  const encoded = path.split("/").map(encodeURIComponent).join("/");
  const query = buildQuery(request.query);
  return `${scheme}://${host}${encoded}${query === "" ? "" : `?${query}`}`;
}

function buildQuery(query: Json | undefined): string {
  if (typeof query === "string") return query.replace(/[\s#]/g, encodeURIComponent);
  if (!isObject(query)) return "";
  const pairs = Object.entries(query).flatMap(([name, value]) => {
    return (Array.isArray(value) ? value : [value]).map((each): [string, string] => {
      return [name, typeof each === "string" ? each : JSON.stringify(each)];
    });
  });
  return new URLSearchParams(pairs).toString();
}

interface Body {
  readonly option: string;
  readonly isJson: boolean;
  /** A command that writes the body to the standard input of curl. */
  readonly pipe?: string;
}

function readBody(body: Json | undefined): Body | null {
  if (body === undefined) return null;
  if (typeof body === "string") return { option: `--data-raw ${quoted(body)}`, isJson: false };
  if (isObject(body) && body[MARK] === "bytes") {
    const { base64, text } = body;
    if (typeof text === "string") return { option: `--data-raw ${quoted(text)}`, isJson: false };
    if (typeof base64 === "string") {
      const pipe = `printf %s ${quoted(base64)} | base64 -d`;
      return { option: "--data-binary @-", isJson: false, pipe };
    }
  }
  return { option: `--data-raw ${quoted(JSON.stringify(body))}`, isJson: true };
}

function isObject(value: Json | undefined): value is { [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
