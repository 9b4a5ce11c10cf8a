import { useQuery } from "@tanstack/react-query";
import { useClient, type PayloadAddress } from "@/api";
import { formatClock, formatCount } from "@/model/format";
import { readLogs, type LogRecord } from "@/model/logs";
import { RedactedText } from "@/payload/RedactedText";
import { texts } from "@/texts";
import { classes, ErrorBox, Skeleton } from "@/ui";

interface Props {
  address: PayloadAddress;
  /** Changes whenever the log records may have changed. */
  version: string;
}

/** The log records of a node, one a line. */
export function LogsPane({ address, version }: Props) {
  const client = useClient();
  const { data, error, refetch } = useQuery({
    queryKey: ["logs", address, version],
    queryFn: async ({ signal }) => readLogs(await client.payloadText(address, { signal })),
  });
  return (
    <section
      aria-label={texts.inspector.logs}
      className="flex max-h-2/5 min-h-16 shrink-0 flex-col border-t border-line"
    >
      <h3 className="flex h-8 shrink-0 items-center gap-2 border-b border-line px-3 font-normal">
        {texts.inspector.logs}
        {data !== undefined && (
          <span className="text-sm text-muted">{formatCount(data.length)}</span>
        )}
      </h3>
      {error !== null && <ErrorBox error={error} onRetry={() => void refetch()} className="m-2" />}
      {data === undefined && error === null && <Skeleton className="m-3 h-3 w-1/2" />}
      <ol
        aria-label={texts.inspector.logRecords}
        className="min-h-0 overflow-auto py-1 font-mono text-sm"
      >
        {data?.map((record, index) => (
          <LogLine key={index} record={record} />
        ))}
      </ol>
    </section>
  );
}

const LEVEL_CLASSES: Readonly<Record<string, string>> = {
  WARNING: "text-warning",
  ERROR: "text-error",
  CRITICAL: "text-error",
};

function LogLine({ record: { time, level, logger, message } }: { record: LogRecord }) {
  return (
    <li className="flex gap-3 px-3 py-0.5">
      <time dateTime={time} title={time} className="shrink-0 text-muted">
        {clockTime(time)}
      </time>
      <span className={classes("w-16 shrink-0", LEVEL_CLASSES[level] ?? "text-muted")}>
        {level}
      </span>
      <span className="min-w-0 break-words whitespace-pre-wrap">
        <span className="text-muted">{logger}: </span>
        <RedactedText text={message} />
      </span>
    </li>
  );
}

function clockTime(time: string): string {
  const moment = new Date(time);
  return Number.isNaN(moment.valueOf()) ? time : formatClock(moment.valueOf());
}
