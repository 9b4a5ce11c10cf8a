import type { LiveListener } from "./client";

const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 10_000;

/**
 * Follow a receiver's events, and resume after a lost connection at the last event received.
 *
 * A hidden tab closes its connection, because a browser opens only six connections to one host. The
 * tab resumes when it becomes visible again.
 */
export function followEvents(url: string, listener: LiveListener): () => void {
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let lastId = "";
  let retryMs = FIRST_RETRY_MS;

  const close = () => {
    clearTimeout(timer);
    source?.close();
    source = undefined;
  };
  const open = () => {
    close();
    if (document.visibilityState === "hidden") return;
    const opened = new EventSource(
      lastId === "" ? url : `${url}?since=${encodeURIComponent(lastId)}`,
    );
    source = opened;
    opened.onopen = () => {
      retryMs = FIRST_RETRY_MS;
      listener.open(lastId !== "");
    };
    opened.addEventListener("changed", (event) => {
      lastId = event.lastEventId;
      listener.changed((JSON.parse(event.data as string) as { ids: string[] }).ids);
    });
    opened.addEventListener("reset", (event) => {
      lastId = event.lastEventId;
      listener.reset();
    });
    opened.onerror = () => {
      close();
      listener.lost(retryMs);
      timer = setTimeout(open, retryMs);
      retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS);
    };
  };
  const visibility = () => {
    if (document.visibilityState === "hidden") close();
    else if (source === undefined) open();
  };

  document.addEventListener("visibilitychange", visibility);
  window.addEventListener("online", open);
  open();
  return () => {
    document.removeEventListener("visibilitychange", visibility);
    window.removeEventListener("online", open);
    close();
  };
}
