import { useCallback } from "react";
import { useToast } from "./Toast";

const SHOWN_MS = 2500;

/** Return a function that copies a text, and reports this: "Copied the path". */
export function useCopy(): (text: string, what: string) => Promise<void> {
  const toaster = useToast();
  return useCallback(
    async (text, what) => {
      try {
        await navigator.clipboard.writeText(text);
        toaster.show({ message: `Copied ${what}`, forMs: SHOWN_MS });
      } catch {
        toaster.show({
          tone: "error",
          message: `The browser did not let ${what} be copied; select it and copy it yourself.`,
        });
      }
    },
    [toaster],
  );
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
