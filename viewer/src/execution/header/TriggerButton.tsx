import { useQuery } from "@tanstack/react-query";
import { useClient, type Outline, type PayloadTree } from "@/api";
import { formatTrigger } from "@/model/format";
import { shown } from "@/model/payloadValue";
import { texts } from "@/texts";
import { classes } from "@/ui";
import type { ExecutionSearch } from "../search";

interface Props {
  outline: Outline;
  isChosen: boolean;
  onSearch: (change: ExecutionSearch) => void;
}

/** The trigger of the run. If the trigger has data, a click shows the data. */
export function TriggerButton({ outline, isChosen, onSearch }: Props) {
  const { trigger } = outline.execution;
  const request = useRequestLine(outline);
  if (trigger === undefined) return null;
  const text = (
    <>
      <span className="max-w-40 shrink-0 truncate">{formatTrigger(trigger.type)}</span>
      {request !== null && <code className="min-w-0 truncate">{request}</code>}
      {trigger.isSimulated === true && <span>{texts.execution.simulated}</span>}
    </>
  );
  if (trigger.bytes === undefined) return <span className="flex gap-1.5 text-muted">{text}</span>;
  return (
    <button
      type="button"
      title={texts.execution.showTrigger}
      aria-pressed={isChosen}
      onClick={() => onSearch({ node: "trigger" })}
      className={classes(
        "flex h-6 max-w-80 min-w-0 items-center gap-1.5 rounded-md border border-line-strong px-2",
        isChosen ? "bg-chosen" : "hover:bg-hover",
      )}
    >
      {text}
    </button>
  );
}

const LEAST_FOR_A_REQUEST = 20;

/** Return e.g. "POST /orders" if the trigger's data is a recorded request, else null. */
function useRequestLine({ execution }: Outline): string | null {
  const client = useClient();
  const { trigger, id } = execution;
  const { data } = useQuery({
    queryKey: ["payload", { executionId: id, of: "trigger" }, trigger?.bytes, "request"],
    queryFn: ({ signal }) =>
      client.payloadTree({ executionId: id, of: "trigger" }, "", { limit: 20 }, { signal }),
    enabled: trigger?.type === "http" && (trigger.bytes ?? 0) > LEAST_FOR_A_REQUEST,
    staleTime: Infinity,
  });
  return data === undefined ? null : requestLine(data);
}

function requestLine(data: PayloadTree): string | null {
  const [method, path] = ["method", "path"].map((key) =>
    data.children?.find((child) => child.key === key && child.kind === "string"),
  );
  return method && path ? `${shown(method).text} ${shown(path).text}` : null;
}
