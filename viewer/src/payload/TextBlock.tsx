import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { useClient } from "@/api";
import { imageIn, isMarkdown } from "@/model/content";
import { texts } from "@/texts";
import { Button, Dialog, ErrorBox, Spinner } from "@/ui";
import type { BlockProps, TextAddress } from "./blockProps";
import { ImageBlock } from "./ImageBlock";
import { RedactedText } from "./RedactedText";

const Markdown = lazy(async () => ({ default: (await import("./Markdown")).Markdown }));
const RawText = lazy(async () => ({ default: (await import("./RawText")).RawText }));

/**
 * A text unfolded below its row: as an image or as Markdown if the text is one, else as plain text.
 */
export function TextBlock({ address, version, pointer }: TextAddress) {
  const client = useClient();
  const { data, error, refetch } = useQuery({
    queryKey: ["payload", address, version, pointer, "text"],
    queryFn: ({ signal }) => client.payloadTree(address, pointer, {}, { signal }),
    staleTime: Infinity,
  });
  if (error !== null) {
    return <ErrorBox error={error} onRetry={() => void refetch()} className="m-2 font-sans" />;
  }
  if (data === undefined) {
    return (
      <div className="p-2">
        <Spinner />
      </div>
    );
  }
  const text = typeof data.value === "string" ? data.value : "";
  const isCut = data.cut === true;
  if (imageIn(text, !isCut) !== null) {
    return <ImageBlock {...{ address, version, pointer, text, isCut }} />;
  }
  return <Text {...{ address, version, pointer, text, isCut }} />;
}

function Text({ address, version, pointer, text, isCut }: BlockProps) {
  const canBeMarkdown = isMarkdown(text);
  const [isPlain, setPlain] = useState(!canBeMarkdown);
  const [isRaw, setRaw] = useState(false);
  return (
    <div className="ms-4 me-2 mb-1 rounded-md border border-line bg-canvas">
      <div className="flex items-center gap-1 border-b border-line px-1 font-sans">
        {canBeMarkdown && (
          <>
            <Choice isOn={!isPlain} onChoose={() => setPlain(false)}>
              {texts.valueText.markdown}
            </Choice>
            <Choice isOn={isPlain} onChoose={() => setPlain(true)}>
              {texts.valueText.title}
            </Choice>
          </>
        )}
        <span className="ms-auto truncate px-1 text-sm text-muted">
          {isCut
            ? texts.valueText.firstCharacters(text.length)
            : texts.valueText.characters(text.length)}
        </span>
        <Button
          look="plain"
          className="h-6 px-1.5 text-sm text-accent"
          onClick={() => setRaw(true)}
        >
          {texts.valueText.readRaw}
        </Button>
      </div>
      <div
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- scrollable content must take keys
        tabIndex={0}
        role="region"
        aria-label={texts.valueText.title}
        className="max-h-90 overflow-auto p-2"
      >
        {isPlain ? (
          <pre className="break-words whitespace-pre-wrap">
            <RedactedText text={text} />
          </pre>
        ) : (
          <Suspense fallback={<Spinner />}>
            <Markdown text={text} />
          </Suspense>
        )}
      </div>
      <Dialog open={isRaw} title={texts.payload.rawText} onClose={() => setRaw(false)}>
        <Suspense fallback={<Spinner />}>
          <RawText {...{ address, version, pointer }} whole={isCut ? null : text} />
        </Suspense>
      </Dialog>
    </div>
  );
}

interface ChoiceProps {
  isOn: boolean;
  onChoose: () => void;
  children: string;
}

function Choice({ isOn, onChoose, children }: ChoiceProps) {
  return (
    <button
      type="button"
      aria-pressed={isOn}
      onClick={onChoose}
      className={`h-6 px-1.5 text-sm ${isOn ? "text-text" : "text-muted hover:text-text"}`}
    >
      {children}
    </button>
  );
}
