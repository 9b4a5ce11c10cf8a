import type { PayloadAddress, PayloadInfo } from "@/api";
import { formatBytes } from "@/model/format";
import { texts } from "@/texts";
import { MarkChip } from "./MarkChip";
import { PayloadView } from "./PayloadView";

/** The properties of `PayloadPane`. */
export interface PayloadPaneProps {
  /** The payload's name: "Input", "Output", "Data". */
  label: string;
  address: PayloadAddress;
  /** Undefined where the payload does not exist. */
  info: PayloadInfo | undefined;
  /** Changes whenever the payload may have changed. */
  version: string;
  /** The pointer of the value that is shown at first. */
  at?: string | undefined;
  /** The message where the payload does not exist. */
  absent: string;
}

/** A payload with its name and size, or the reason why the payload does not exist. */
export function PayloadPane(props: PayloadPaneProps) {
  const { label, address, info, version, at, absent } = props;
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
        at={at}
        head={
          <>
            <h3 className="shrink-0 font-normal">{label}</h3>
            <span className="truncate text-sm text-muted">{formatBytes(info.bytes)}</span>
            {info.truncated === true && (
              <MarkChip tone="missing" title={texts.payload.truncatedNote}>
                {texts.payload.truncated}
              </MarkChip>
            )}
            {info.redacted === true && (
              <MarkChip tone="redacted" title={texts.payload.redactedNote}>
                {texts.payload.redacted}
              </MarkChip>
            )}
          </>
        }
      />
    </section>
  );
}
