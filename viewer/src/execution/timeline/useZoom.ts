import { useCallback, useState } from "react";
import type { Domain } from "@/model/timescale";

/**
 * The part of the run that is in view. Until the reader zooms, this is the whole run, also while
 * the run grows.
 */
export function useZoom(whole: Domain) {
  const [zoom, setZoom] = useState<Domain | null>(null);
  const reset = useCallback(() => setZoom(null), []);
  return { domain: zoom ?? whole, isZoomed: zoom !== null, zoomTo: setZoom, reset };
}
