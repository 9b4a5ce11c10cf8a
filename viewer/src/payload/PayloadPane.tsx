import type { PayloadAddress, PayloadInfo } from "@/api";
import { formatBytes } from "@/model/format";
import { MarkChip } from "./MarkChip";
import { PayloadView } from "./PayloadView";

export interface PayloadPaneProps {
  /** What it is: "Input", "Output", "Data". */
  label: string;
  address: PayloadAddress;
  /** Absent where there is no such payload. */
  info: PayloadInfo | undefined;
  /** Changes whenever the payload may have. */
  version: string;
  /** What to say where there is no payload. */
  absent: string;
}

/** A payload with its name and size, or why there is none. */
export function PayloadPane(props: PayloadPaneProps) {
  const { label, address, info, version, absent } = props;
  if (info === undefined) {
    return (
      <section aria-label={label} className="flex h-full flex-col">
        <h3 className="flex h-8 shrink-0 items-center border-b border-line px-3 font-normal text-muted">
          {label}
        </h3>
        <p className="p-3 text-muted">{absent}</p>
      </section>
    );
  }
  const key = `${JSON.stringify(address)} ${version} ${info.bytes}`;
  return (
    <section aria-label={label} className="flex h-full min-h-0 flex-col">
      <PayloadView
        key={key}
        {...{ address, version: key }}
        bytes={info.bytes}
        head={
          <>
            <h3 className="font-normal">{label}</h3>
            <span className="truncate text-sm text-muted">{formatBytes(info.bytes)}</span>
            {info.truncated === true && (
              <MarkChip tone="missing" title="Part of it was too large to be kept">
                truncated
              </MarkChip>
            )}
            {info.redacted === true && (
              <MarkChip tone="redacted" title="Secrets were removed from it">
                redacted
              </MarkChip>
            )}
          </>
        }
      />
    </section>
  );
}
