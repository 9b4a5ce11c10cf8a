import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider, type RouterHistory } from "@tanstack/react-router";
import { useCallback, useEffect, useRef, useState } from "react";
import { ClientProvider, HistoryProblem, type HistoryClient } from "@/api";
import { ListMemoryProvider } from "@/list/memory";
import { LiveProvider } from "@/live";
import { texts } from "@/texts";
import { loadOverlays, PortalProvider, ToastProvider } from "@/ui";
import { KeysProvider } from "./keys";
import { RemovalsProvider } from "./removals";
import type { Prepared } from "./prepare";
import { createViewerRouter } from "./router";

/** When menus and dialogs are loaded before the reader opens one. */
const OVERLAYS_AFTER_MS = 1500;

interface Props {
  client: HistoryClient;
  /** The router's history. The default is the page's own address. */
  history?: RouterHistory;
  /** The router and the first list, if they were prepared. */
  prepared?: Prepared;
  /** As a part of another page, the viewer takes keys only while it has the focus. */
  embedded?: boolean;
  className?: string;
}

/** The whole viewer, on one client. */
export function Viewer(props: Props) {
  const { client, history, prepared, embedded = false, className = "h-full" } = props;
  const [router] = useState(() => prepared?.router ?? createViewerRouter(history));
  const [queries] = useState(createQueryClient);
  const root = useRef<HTMLDivElement>(null);
  // Made here and not found by a ref, because a change of state would draw the page a second time.
  const [portal] = useState(() => document.createElement("div"));
  const menus = useCallback((section: HTMLElement | null) => section?.append(portal), [portal]);
  useEffect(() => {
    // After the first rows: until they are drawn, every script delays them.
    const timer = setTimeout(() => void loadOverlays(), OVERLAYS_AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <ClientProvider value={client}>
      <QueryClientProvider client={queries}>
        <KeysProvider target={embedded ? root : null}>
          <div ref={root} className={`flightlog relative overflow-hidden ${className}`}>
            <PortalProvider value={portal}>
              <ToastProvider>
                <LiveProvider>
                  <RemovalsProvider>
                    <ListMemoryProvider prepared={prepared?.memory}>
                      <RouterProvider router={router} />
                    </ListMemoryProvider>
                  </RemovalsProvider>
                </LiveProvider>
              </ToastProvider>
            </PortalProvider>
            <section aria-label={texts.app.menus} ref={menus} />
          </div>
        </KeysProvider>
      </QueryClientProvider>
    </ClientProvider>
  );
}

function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        refetchOnWindowFocus: false,
        // A refusal is final. A failure that may pass is retried twice.
        retry: (failures, error) =>
          failures < 2 && (!(error instanceof HistoryProblem) || error.retryable),
      },
    },
  });
}
