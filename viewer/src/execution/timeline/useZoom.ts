import { useCallback, useState } from "react";
import type { Domain } from "@/model/timescale";

/** What part of the run is in view; until one zooms, all of it, also while it grows. */
export function useZoom(whole: Domain) {
  const [zoom, setZoom] = useState<Domain | null>(null);
  const reset = useCallback(() => setZoom(null), []);
  return { domain: zoom ?? whole, isZoomed: zoom !== null, zoomTo: setZoom, reset };
}
