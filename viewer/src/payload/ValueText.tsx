import type { PayloadTree, PayloadValue } from "@/api";
import { imageIn } from "@/model/content";
import { formatCount } from "@/model/format";
import { markText } from "@/model/marks";
import { textOf } from "@/model/payloadTree";
import { MarkChip } from "./MarkChip";
import { RedactedText } from "./RedactedText";

interface Props {
  value: PayloadValue | PayloadTree;
  /** What is unfolded needs no preview. */
  isOpen?: boolean;
}

/** A value in one line. What is no data never looks like it. */
export function ValueText({ value, isOpen = false }: Props) {
  switch (value.kind) {
    case "object":
      return <Container open="{" close="}" value={value} isOpen={isOpen} />;
    case "array":
      return <Container open="[" close="]" value={value} isOpen={isOpen} />;
    case "string":
      return <Text text={textOf(value)} isCut={value.cut === true} isOpen={isOpen} />;
    case "mark":
      return <Mark value={value} isOpen={isOpen} />;
    case "null":
      return <span className="text-muted">null</span>;
    case "number":
    case "boolean":
      return <span>{value.preview ?? JSON.stringify(value.value)}</span>;
  }
}

interface ContainerProps extends Required<Props> {
  open: string;
  close: string;
}

function Container({ open, close, value, isOpen }: ContainerProps) {
  return (
    <>
      <span className="text-muted">
        {open}
        {value.count === undefined ? "…" : formatCount(value.count)}
        {close}
      </span>
      {!isOpen && (value.count ?? 1) > 0 && value.preview !== undefined && (
        <span className="ps-2 text-faint">
          <RedactedText text={value.preview} />
        </span>
      )}
    </>
  );
}

function Text({ text, isCut, isOpen }: { text: string; isCut: boolean; isOpen: boolean }) {
  const image = imageIn(text, !isCut);
  if (image !== null)
    return <MarkChip tone="value">{image.mime.replace("image/", "image · ")}</MarkChip>;
  if (isOpen) return <span className="text-faint">text</span>;
  return (
    <>
      <span className="text-faint">&quot;</span>
      <span className="whitespace-pre">
        <RedactedText text={text.replaceAll("\n", "↵")} />
      </span>
      <span className="text-faint">{isCut ? "…" : '"'}</span>
    </>
  );
}

function Mark({ value, isOpen }: Required<Props>) {
  const { tone, label, text, note } = markText(value.mark ?? "unknown", value.value ?? null);
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
