import { textParts } from "@/model/marks";
import { MarkChip } from "./MarkChip";

/** A text whose redactions are drawn as marks, distinct from its characters. */
export function RedactedText({ text }: { text: string }) {
  if (!text.includes("[REDACT")) return text;
  return textParts(text).map((part, index) =>
    part.kind === "text" ? part.text : <RedactedChip key={index} hash={part.hash} />,
  );
}

function RedactedChip({ hash }: { hash: string | null }) {
  if (hash === null) {
    return (
      <MarkChip tone="failed" title="Redaction failed, so nothing of it was kept">
        removed
      </MarkChip>
    );
  }
  return (
    <MarkChip
      tone="redacted"
      title={`A secret was removed. Equal secrets have equal marks: ${hash}`}
    >
      redacted {hash.slice(0, 4)}
    </MarkChip>
  );
}
