import { useState } from "react";
import { texts } from "@/texts";
import { Button, EmptyState, Spinner } from "@/ui";

/** Three lines that record a first execution and report to this page's receiver. */
function firstLines(origin: string): string {
  return [
    "from flightlog.capture import Recorder",
    `with Recorder("first-steps", "First steps", url="${origin}").execution() as run:`,
    '    with run.node("hello", "Say hello", "script") as node: node.output = "Hello"',
  ].join("\n");
}

export function FirstRun() {
  const [copied, setCopied] = useState(false);
  const text = firstLines(location.origin);
  return (
    <EmptyState title={texts.firstRun.title} wide>
      <p className="text-muted">{texts.firstRun.threeLines}</p>
      <div className="flex w-full items-start rounded-md border border-line bg-panel text-start">
        <pre
          // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- the example scrolls sideways
          tabIndex={0}
          aria-label={texts.firstRun.example}
          className="min-w-0 grow overflow-x-auto p-3 leading-5"
        >
          {text}
        </pre>
        <Button
          icon={copied ? "check" : "copy"}
          className="m-2"
          onClick={() => void navigator.clipboard.writeText(text).then(() => setCopied(true))}
        >
          {copied ? texts.firstRun.copied : texts.controls.copy}
        </Button>
      </div>
      <p className="flex items-center gap-2 text-muted">
        <Spinner label={texts.firstRun.waiting} /> {texts.firstRun.waitingForFirst}
      </p>
    </EmptyState>
  );
}
