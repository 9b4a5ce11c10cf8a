import { useCallback } from "react";
import { texts } from "@/texts";
import { useToast } from "./Toast";

const SHOWN_MS = 2500;

/**
 * Return a function that copies a text, and reports this: "Copied the path". If the text is a
 * promise that fails, the function fails alike.
 */
export function useCopy(): (text: string | Promise<string>, what: string) => Promise<void> {
  const toaster = useToast();
  return useCallback(
    async (text, what) => {
      try {
        await write(text);
        toaster.show({ message: texts.controls.copied(what), forMs: SHOWN_MS });
      } catch {
        // A text that could not be loaded has a reason of its own.
        await text;
        toaster.show({
          tone: "error",
          message: texts.controls.notCopied(what),
        });
      }
    },
    [toaster],
  );
}

/**
 * Write to the clipboard. Safari allows this only within the click, so a text that is still loading
 * is passed as a promise.
 */
async function write(text: string | Promise<string>): Promise<void> {
  if (typeof text === "string" || typeof ClipboardItem === "undefined") {
    await navigator.clipboard.writeText(await text);
    return;
  }
  const blob = text.then((loaded) => new Blob([loaded], { type: "text/plain" }));
  // A browser may refuse before it has waited for the promise.
  blob.catch(() => undefined);
  await navigator.clipboard.write([new ClipboardItem({ "text/plain": blob })]);
}

/** Save a file to the reader's downloads. */
export function saveFile(content: Blob, name: string): void {
  const url = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // Revoke the address in the next task, because the download needs the address until it has begun.
  setTimeout(() => URL.revokeObjectURL(url), 0);
}
