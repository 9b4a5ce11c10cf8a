import { textParts } from "@/model/marks";
import { texts } from "@/texts";
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
      <MarkChip tone="failed" title={texts.payload.removedNote}>
        {texts.payload.removed}
      </MarkChip>
    );
  }
  return (
    <MarkChip tone="redacted" title={texts.payload.redactedWithNote(hash)}>
      {texts.payload.redactedWith(hash.slice(0, 4))}
    </MarkChip>
  );
}
