import { asProblem, useClient, type PayloadAddress } from "@/api";
import type { TreeRow } from "@/model/payloadTree";
import { shown, type Described } from "@/model/payloadValue";
import { readablePath } from "@/model/pointers";
import { texts } from "@/texts";
import { IconButton, useCopy, useToast } from "@/ui";
import { FindRuns } from "./FindRuns";

const MOST_COPIED_BYTES = 32_000_000;

interface Props {
  address: PayloadAddress;
  version: string;
  pointer: string;
  rows: readonly TreeRow[];
}

/** The path of the chosen value, and the actions for the value. */
export function PathBar({ address, version, pointer, rows }: Props) {
  const client = useClient();
  const copy = useCopy();
  const toaster = useToast();
  const path = readablePath(pointer);
  const row = rows.find((each) => each.kind === "value" && each.pointer === pointer);
  const value = row?.kind === "value" ? row.value : undefined;
  const copyValue = async () => {
    const known = value === undefined ? null : wholeText(value);
    if (known === null && (value?.bytes ?? 0) > MOST_COPIED_BYTES) {
      toaster.show({ tone: "error", message: texts.payload.tooLarge });
      return;
    }
    try {
      await copy(known ?? (await client.payloadValue(address, pointer)), texts.payload.theValue);
    } catch (error) {
      toaster.show({ tone: "error", message: asProblem(error).detail });
    }
  };
  return (
    <div className="flex h-8 shrink-0 items-center gap-1 border-t border-line bg-panel ps-3 pe-1">
      <code className="min-w-0 grow truncate text-muted" title={path}>
        {path}
      </code>
      <FindRuns {...{ address, version, pointer, rows }} />
      <IconButton
        icon="path"
        label={texts.payload.copyPath}
        onClick={() => void copy(path, texts.payload.thePath)}
      />
      <IconButton icon="copy" label={texts.payload.copyValue} onClick={() => void copyValue()} />
    </div>
  );
}

/** Return the value as a text if the whole value is already loaded, else null. */
function wholeText(value: Described): string | null {
  const { kind, text, isCut } = shown(value);
  const isScalar = kind !== "object" && kind !== "array" && kind !== "mark";
  return isScalar && !isCut ? text : null;
}
