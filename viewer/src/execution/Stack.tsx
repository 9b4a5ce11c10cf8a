import { useState } from "react";
import { stackParts, type Frame } from "@/model/stacks";
import { RedactedText } from "@/payload/RedactedText";
import { texts } from "@/texts";
import { Button, Icon, classes, useCopy } from "@/ui";

/** A stack trace, folded to the user's own frames. */
export function Stack({ stack, className }: { stack: string; className?: string }) {
  const copy = useCopy();
  return (
    <div className={classes("relative font-mono text-sm", className)}>
      <Button
        look="plain"
        icon="copy"
        className="float-end font-sans text-muted"
        onClick={() => void copy(stack, texts.error.theStack)}
      >
        {texts.controls.copy}
      </Button>
      {stackParts(stack).map((part, index) => {
        switch (part.kind) {
          case "text":
            return (
              <p key={index} className="break-words whitespace-pre-wrap">
                <RedactedText text={part.text} />
              </p>
            );
          case "frame":
            return <OwnFrame key={index} frame={part.frame} />;
          case "library":
            return <LibraryFrames key={index} frames={part.frames} />;
        }
      })}
    </div>
  );
}

function OwnFrame({ frame, isFaint = false }: { frame: Frame; isFaint?: boolean }) {
  return (
    <div className={classes("ps-4 break-words", isFaint && "text-muted")}>
      <p>
        <span className={classes(!isFaint && "font-semibold")}>
          {frame.file}:{frame.line}
        </span>
        {frame.name !== "" && (
          <span className="text-muted"> {texts.error.inFunction(frame.name)}</span>
        )}
      </p>
      {frame.code.map((line, index) => (
        <p key={index} className="ps-4 whitespace-pre-wrap">
          <RedactedText text={line} />
        </p>
      ))}
    </div>
  );
}

function LibraryFrames({ frames }: { frames: readonly Frame[] }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <button
        type="button"
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
        className="flex items-center gap-1 text-muted hover:text-text"
      >
        <Icon name={isOpen ? "down" : "right"} size={12} />
        {texts.error.frames(frames.length)}
      </button>
      {isOpen && frames.map((frame, index) => <OwnFrame key={index} frame={frame} isFaint />)}
    </>
  );
}
