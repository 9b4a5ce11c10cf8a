import { useConnection } from "@/live";
import { texts } from "@/texts";
import { Icon, Time } from "@/ui";

/** A thin bar that is shown while the receiver can't be reached. Loaded data stays readable. */
export function ConnectionBar() {
  const connection = useConnection();
  if (connection.state !== "lost") return null;
  return (
    <p
      role="alert"
      className="fl-late flex shrink-0 items-center gap-2 border-t border-line bg-warning-soft px-3 py-0.5 text-sm"
    >
      <Icon name="warning" size={14} className="text-warning" />
      <span>
        {texts.app.connectionLost(<Time time={new Date(connection.since).toISOString()} />)}
      </span>
    </p>
  );
}
