import { imageIn } from "@/model/content";
import { formatCount } from "@/model/format";
import { markText, previewText } from "@/model/marks";
import { shown, type Described, type Shown } from "@/model/payloadValue";
import { texts } from "@/texts";
import { MarkChip } from "./MarkChip";
import { RedactedText } from "./RedactedText";

interface Props {
  value: Described;
  /** An unfolded value needs no preview. */
  isOpen?: boolean;
}

/** A value in one line. A mark or redaction never looks like data. */
export function ValueText({ value, isOpen = false }: Props) {
  const part = shown(value);
  switch (part.kind) {
    case "object":
      return <Container open="{" close="}" part={part} count={readCount(value)} isOpen={isOpen} />;
    case "array":
      return <Container open="[" close="]" part={part} count={readCount(value)} isOpen={isOpen} />;
    case "string":
      return <Text part={part} isOpen={isOpen} />;
    case "mark":
      return <Mark part={part} isOpen={isOpen} />;
    case "null":
      return <span className="text-muted">{JSON.stringify(null)}</span>;
    case "number":
    case "boolean":
      return part.text;
  }
}

function readCount(value: Described): number | undefined {
  return "count" in value ? value.count : undefined;
}

interface PartProps {
  part: Shown;
  isOpen: boolean;
}

interface ContainerProps extends PartProps {
  open: string;
  close: string;
  count: number | undefined;
}

function Container({ open, close, part, count, isOpen }: ContainerProps) {
  return (
    <>
      <span className="text-muted">
        {open}
        {count === undefined ? "…" : formatCount(count)}
        {close}
      </span>
      {!isOpen && count !== 0 && part.text !== "" && (
        <span className="ps-2 text-faint">
          <RedactedText text={previewText(part.text)} />
        </span>
      )}
    </>
  );
}

function Text({ part: { text, isCut }, isOpen }: PartProps) {
  const image = imageIn(text, !isCut);
  if (image !== null) {
    return (
      <MarkChip tone="value">{texts.valueText.imageOf(image.mime.replace("image/", ""))}</MarkChip>
    );
  }
  if (isOpen) return <span className="text-faint">{texts.valueText.text}</span>;
  return (
    <>
      <span className="text-faint">&quot;</span>
      <bdi className="whitespace-pre">
        <RedactedText text={text.replaceAll("\n", "↵")} />
      </bdi>
      <span className="text-faint">{isCut ? "…" : '"'}</span>
    </>
  );
}

function Mark({ part: { mark }, isOpen }: PartProps) {
  const { tone, label, text, note } = markText(mark?.kind ?? "unknown", mark?.members ?? null);
  return (
    <span className="inline-flex max-w-full items-center gap-1.5 align-bottom">
      {text !== null && !isOpen && (
        <span className="min-w-0 truncate">
          <RedactedText text={text} />
          {tone === "missing" && "…"}
        </span>
      )}
      <MarkChip tone={tone} {...(note !== null && { title: note })}>
        {label}
      </MarkChip>
      {note !== null && <span className="truncate font-sans text-xs text-faint">{note}</span>}
    </span>
  );
}
