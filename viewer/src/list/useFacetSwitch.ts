import { useState } from "react";
import { useKeys } from "@/app/keys";
import { texts } from "@/texts";

const KEY = "flightlog-facets";

/** Whether the facets are shown. The browser remembers the choice; the key `f` changes it. */
export function useFacetSwitch() {
  const [isShown, setShown] = useState(readChoice);
  const show = (next: boolean) => {
    setShown(next);
    try {
      localStorage.setItem(KEY, String(next));
    } catch {
      // Some browsers refuse storage in private windows. The choice then lasts for this page.
    }
  };
  useKeys([
    { keys: "f", label: texts.filter.facets, group: texts.list.title, run: () => show(!isShown) },
  ]);
  return [isShown, show] as const;
}

function readChoice(): boolean {
  try {
    return localStorage.getItem(KEY) === "true";
  } catch {
    return false;
  }
}
