import type { HistoryClient } from "@/api";
import { ListMemory } from "@/list/memory";
import { ListStore } from "@/list/store";
import { createViewerRouter, listRoute, type ViewerRouter } from "./router";

/** The longest time that the page waits for the first rows before it is drawn without them. */
const PATIENCE_MS = 200;

/** The parts of a viewer that are ready before it is drawn. */
export interface Prepared {
  router: ViewerRouter;
  memory: ListMemory;
}

/**
 * Find the address's page and, for the list, its first rows. The rows usually arrive while the
 * scripts do, and to draw the page once with them takes half as long as to draw it without them
 * first.
 */
export async function prepareViewer(
  client: HistoryClient,
  { withRows }: { withRows: boolean },
): Promise<Prepared> {
  const router = createViewerRouter();
  const memory = new ListMemory();
  await router.load();
  const match = router.state.matches.find((each) => each.routeId === listRoute.id);
  if (match !== undefined && withRows) {
    const filters = match.search;
    const store = new ListStore(client, filters);
    memory.keep(JSON.stringify(filters), store);
    store.prepare();
    await waitForAnswer(store);
  }
  return { router, memory };
}

function waitForAnswer(store: ListStore): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, PATIENCE_MS);
    const stop = store.watch(() => {
      if (store.state().phase === "loading") return;
      stop();
      clearTimeout(timer);
      resolve();
    });
  });
}
