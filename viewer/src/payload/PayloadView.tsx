import { lazy, Suspense, useEffect, useState, type ReactNode } from "react";
import { asProblem, useClient, type PayloadAddress } from "@/api";
import { recordedSequence } from "@/model/places";
import { texts } from "@/texts";
import { IconButton, Spinner, saveFile, useToast } from "@/ui";
import { PathBar } from "./PathBar";
import { PayloadTreeView } from "./PayloadTreeView";
import { Search } from "./Search";
import { TableView } from "./TableView";
import { isTabular } from "./tabular";
import { usePayloadTree } from "./usePayloadTree";

const RawView = lazy(async () => ({ default: (await import("./RawView")).RawView }));

type Mode =
  | { readonly kind: "tree" | "raw" | "search" }
  | { readonly kind: "table"; readonly pointer: string };

interface Props {
  /** For another payload, give the component another React key. */
  address: PayloadAddress;
  version: string;
  bytes: number;
  /** The pointer of the value that is shown at first. */
  at?: string | undefined;
  /** Content before the buttons. */
  head: ReactNode;
}

/** A payload as a tree, as a table, as raw text, or as search results. */
export function PayloadView({ version, bytes, at, head, ...props }: Props) {
  const [address] = useState(props.address);
  const tree = usePayloadTree(address, version);
  const [mode, setMode] = useState<Mode>({ kind: "tree" });
  const [chosen, setChosen] = useState(at ?? "");
  const { reveal } = tree;
  useEffect(() => {
    if (at !== undefined) void reveal(at, { unfold: true });
  }, [at, reveal]);
  const client = useClient();
  const toaster = useToast();
  const isOn = (kind: Mode["kind"]) => mode.kind === kind;
  const toggle = (kind: "raw" | "search") => setMode({ kind: isOn(kind) ? "tree" : kind });
  const download = () => {
    client.payloadDownload(address).then(
      (content) => saveFile(content, fileName(address)),
      (error: unknown) => toaster.show({ tone: "error", message: asProblem(error).detail }),
    );
  };
  const isTable = tree.root !== null && isTabular(tree.root);
  return (
    <>
      <div className="flex h-8 shrink-0 items-center gap-2 border-b border-line ps-3 pe-1">
        {head}
        <div className="ms-auto flex shrink-0">
          {isTable && (
            <IconButton
              icon="list"
              label={texts.payload.asTable}
              aria-pressed={isOn("table")}
              onClick={() =>
                setMode(isOn("table") ? { kind: "tree" } : { kind: "table", pointer: "" })
              }
            />
          )}
          <IconButton
            icon="search"
            label={texts.payload.searchIn}
            aria-pressed={isOn("search")}
            onClick={() => toggle("search")}
          />
          <IconButton
            icon="code"
            label={texts.payload.rawText}
            aria-pressed={isOn("raw")}
            onClick={() => toggle("raw")}
          />
          <IconButton icon="download" label={texts.payload.download} onClick={download} />
        </div>
      </div>
      {mode.kind === "search" && (
        <Search
          address={address}
          version={version}
          bytes={bytes}
          onReveal={(pointer) => {
            setChosen(pointer);
            void tree.reveal(pointer);
          }}
          onClose={() => setMode({ kind: "tree" })}
        />
      )}
      <div className="min-h-0 grow">
        {mode.kind === "raw" ? (
          <Suspense fallback={<Waiting />}>
            <RawView address={address} version={version} />
          </Suspense>
        ) : mode.kind === "table" ? (
          <TableView
            {...{ address, version, chosen }}
            pointer={mode.pointer}
            onChoose={setChosen}
            onBack={() => setMode({ kind: "tree" })}
          />
        ) : (
          <PayloadTreeView
            {...{ address, version, tree, chosen }}
            onChoose={setChosen}
            onTable={(pointer) => setMode({ kind: "table", pointer })}
          />
        )}
      </div>
      {mode.kind !== "raw" && (
        <PathBar {...{ address, version }} pointer={chosen} rows={tree.rows} />
      )}
    </>
  );
}

function Waiting() {
  return (
    <div className="p-3">
      <Spinner />
    </div>
  );
}

function fileName(address: PayloadAddress): string {
  const part =
    address.of === "trigger" ? "trigger" : `${recordedSequence(address.sequence)}-${address.of}`;
  return `${address.executionId}-${part}.json`;
}
