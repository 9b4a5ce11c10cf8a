/** Reads the log records of a node execution. */

/** One log record. */
export interface LogRecord {
  readonly time: string;
  readonly level: string;
  readonly logger: string;
  readonly message: string;
}

/** Read a payload as log records. A record of another form becomes its own JSON as the message. */
export function readLogs(json: string): readonly LogRecord[] {
  const value: unknown = JSON.parse(json);
  return (Array.isArray(value) ? value : [value]).map(asRecord);
}

function asRecord(value: unknown): LogRecord {
  const empty = { time: "", level: "", logger: "", message: "" };
  if (typeof value !== "object" || value === null || !("message" in value)) {
    return { ...empty, message: JSON.stringify(value) };
  }
  const found: Partial<Record<keyof LogRecord, unknown>> = value;
  const text = (part: unknown) =>
    typeof part === "string" ? part : part === undefined ? "" : JSON.stringify(part);
  return {
    time: text(found.time),
    level: text(found.level),
    logger: text(found.logger),
    message: text(found.message),
  };
}
