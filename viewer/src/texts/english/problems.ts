import type { ProblemCode } from "@/api/types";

/** The texts of a kind of error that the receiver reports. */
export interface ProblemTexts {
  /** The kind of error, the same for all errors of one code. */
  title: string;
  /** In place of the receiver's English sentence, which may name values. */
  detail?: string;
  /** In place of the receiver's English advice. */
  hint?: string;
}

/**
 * The receiver's errors by code. English takes details and hints from the receiver's answer, and so
 * does a language without texts of its own for them. An error with another code is shown as the
 * receiver writes it.
 */
export const problems: Readonly<Record<ProblemCode, ProblemTexts>> = {
  invalid_record: { title: "The record can't be read" },
  invalid_query: { title: "The query can't be used" },
  bad_request: { title: "The request can't be parsed" },
  bad_signature: { title: "The signature is not this installation's" },
  right_needed: { title: "The request needs a right" },
  bad_credentials: { title: "The credentials are not valid" },
  right_missing: { title: "The credentials don't give this right" },
  code_refused: { title: "The link's code is not valid" },
  request_refused: { title: "The request is refused" },
  not_found: { title: "There is no such execution or payload" },
  no_such_place: { title: "The payload has no such place" },
  no_such_route: { title: "There is no such route" },
  method_not_allowed: { title: "The route has no such method" },
  body_stalled: { title: "The body arrives too slowly" },
  headers_stalled: { title: "The headers arrive too slowly" },
  execution_deleted: { title: "The execution was deleted" },
  body_too_large: { title: "The body is too large" },
  range_not_satisfiable: { title: "The payload has no such part" },
  payload_too_large: { title: "The payload is too large for this" },
  payload_damaged: { title: "The payload is damaged" },
  too_many_requests: { title: "Too many requests arrive at once" },
  store_log_full: { title: "A reader keeps the history's write-ahead log" },
  headers_too_large: { title: "The headers are too large" },
  internal_error: { title: "The receiver failed" },
  store_error: { title: "The history refused" },
  store_unavailable: { title: "The history can't be read or written" },
  store_disconnected: { title: "The history's server can't be reached" },
  store_capability: { title: "This kind of history can't do that" },
  store_unsupported: { title: "Only a history in a SQLite file can do that" },
  store_unsafe: { title: "The history belongs to another user, or others can exchange it" },
  store_read_only: { title: "The history is open for reading only" },
  store_version: { title: "The history is a newer Flightlog's" },
  store_foreign: { title: "The history is another program's" },
  receiver_ending: { title: "The receiver is ending" },
  redaction_interrupted: { title: "The redaction was interrupted" },
  store_busy: { title: "The history is busy" },
  store_migrating: { title: "The history is being migrated" },
  store_read_ended: { title: "The call read the history for too long" },
  store_gone: { title: "The history's file is not at its place" },
  store_closed: { title: "The history is closed" },
  store_full: { title: "The disk is full" },
};
