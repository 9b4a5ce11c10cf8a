import { useEffect, useState } from "react";

type Overlays = typeof import("./overlays");

let loaded: Overlays | undefined;
let loading: Promise<Overlays | undefined> | undefined;

/** Load menus, dialogs and tooltips, once. They are a quarter of the scripts, and no page begins with one. */
export function loadOverlays(): Promise<Overlays | undefined> {
  loading ??= import("./overlays").then(
    (module) => (loaded = module),
    () => {
      // The receiver may be away for a moment. The next press tries again.
      loading = undefined;
      return undefined;
    },
  );
  return loading;
}

/** Return the overlays as soon as they are wanted and loaded. */
export function useOverlays(wanted: boolean): Overlays | undefined {
  const [, setLoaded] = useState(loaded !== undefined);
  useEffect(() => {
    if (wanted) void loadOverlays().then((found) => setLoaded(found !== undefined));
  }, [wanted]);
  return wanted ? loaded : undefined;
}

/** Return the overlays, for what is drawn inside one of them. */
export function requireOverlays(): Overlays {
  if (loaded === undefined) throw new Error("An item of a menu must be inside a Menu.");
  return loaded;
}
