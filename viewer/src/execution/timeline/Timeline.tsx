import { texts } from "@/texts";
import { EmptyState } from "@/ui";
import { Waterfall, type ViewProps } from "./Waterfall";

/** The nodes over time, or the reason why there are none. */
export function Timeline(props: ViewProps) {
  const { nodes, execution } = props.outline;
  if (nodes.length > 0) return <Waterfall {...props} />;
  return <NoNodes isRunning={execution.status === "running"} />;
}

function NoNodes({ isRunning }: { isRunning: boolean }) {
  return (
    <EmptyState title={isRunning ? texts.timeline.notBegun : texts.timeline.noNodes}>
      {isRunning && <p className="text-muted">{texts.timeline.showUp}</p>}
    </EmptyState>
  );
}
