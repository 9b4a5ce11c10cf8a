import { useRef, useState } from "react";
import type { OutlineNode } from "@/api";
import type { PayloadPlace } from "@/model/matches";
import { PayloadPane } from "@/payload/PayloadPane";
import { texts } from "@/texts";
import { Splitter } from "@/ui";
import { Tabs } from "@/ui/Tabs";
import { useWidth } from "../timeline/useWidth";

const BESIDE_FROM_PX = 480;

interface Props {
  executionId: string;
  node: OutlineNode;
  /** The place in a payload that is shown at first. */
  place: PayloadPlace | undefined;
}

/** Input and output side by side, or one at a time where the width is too small. */
export function PayloadPair({ executionId, node, place }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  const width = useWidth(frame);
  const [share, setShare] = useState(0.5);
  const [side, setSide] = useState<"input" | "output">(place?.of === "input" ? "input" : "output");
  const { sequence, nodeId, status } = node;
  const pane = (of: "input" | "output") => (
    <PayloadPane
      key={`${sequence}-${of}`}
      label={texts.inspector[of]}
      address={{ executionId, of, sequence, nodeId }}
      info={node[of]}
      version={status}
      absent={absence(of, node)}
      at={place?.of === of ? place.pointer : undefined}
    />
  );
  // A payload that does not exist takes one line, and leaves the space to the other one.
  if ((node.input === undefined) !== (node.output === undefined)) {
    const [shown, missing] =
      node.input === undefined ? (["output", "input"] as const) : (["input", "output"] as const);
    return (
      <div ref={frame} className="flex h-full flex-col">
        <Absent label={texts.inspector[missing]} reason={absence(missing, node)} />
        <div className="min-h-0 grow">{pane(shown)}</div>
      </div>
    );
  }
  return (
    <div ref={frame} className="h-full">
      {width >= BESIDE_FROM_PX ? (
        <Splitter
          label={texts.inspector.inputWidth}
          share={share}
          onShare={setShare}
          first={pane("input")}
          second={pane("output")}
        />
      ) : (
        <Tabs
          label={texts.inspector.payloads}
          value={side}
          onChange={setSide}
          tabs={[
            { value: "input", label: texts.inspector.input },
            { value: "output", label: texts.inspector.output },
          ]}
        >
          {pane(side)}
        </Tabs>
      )}
    </div>
  );
}

function Absent({ label, reason }: { label: string; reason: string }) {
  return (
    <section
      aria-label={label}
      className="flex h-8 shrink-0 items-center gap-3 border-b border-line px-3 text-muted"
    >
      <h3 className="font-normal">{label}</h3>
      <p className="truncate text-sm">{reason}</p>
    </section>
  );
}

function absence(of: "input" | "output", { status }: OutlineNode): string {
  if (status === "skipped") return texts.inspector.skipped;
  if (status === "pending") return texts.inspector.notBegun;
  if (of === "input") return texts.inspector.noInput;
  if (status === "running") return texts.inspector.nodeRuns;
  return status === "error" ? texts.inspector.failedFirst : texts.inspector.noOutput;
}
