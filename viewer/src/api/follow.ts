import { accessHeaders, readRefusal, type Access } from "./access";
import type { LiveListener } from "./client";
import { takeEarly } from "./early";
import { readEvents } from "./eventStream";

const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 10_000;

/**
 * Follow a receiver's events, and resume after a lost connection at the last event received.
 *
 * A hidden tab closes its connection, because a browser opens only six connections to one host. The
 * tab resumes when it becomes visible again.
 */
export function followEvents(url: string, listener: LiveListener, access?: Access): () => void {
  let stream: AbortController | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let lastId = "";
  let retryMs = FIRST_RETRY_MS;

  const close = () => {
    clearTimeout(timer);
    stream?.abort();
    stream = undefined;
  };
  const read = async (signal: AbortSignal) => {
    const address = lastId === "" ? url : `${url}?since=${encodeURIComponent(lastId)}`;
    const headers = { accept: "text/event-stream", ...accessHeaders(access) };
    const early = takeEarly(address, access?.token() ?? null);
    if (early !== undefined) signal.addEventListener("abort", early.cancel);
    const response = await (early?.response ??
      fetch(address, { headers, signal, cache: "no-store" }));
    if (!response.ok) throw await readRefusal(response, access);
    if (response.body === null) return;
    retryMs = FIRST_RETRY_MS;
    listener.open(lastId !== "" || early?.precedesPage() === true);
    for await (const event of readEvents(response.body)) {
      if (signal.aborted) return;
      if (event.id !== "") lastId = event.id;
      if (event.name === "changed") {
        listener.changed((JSON.parse(event.data) as { ids: string[] }).ids);
      } else if (event.name === "reset") {
        listener.reset();
      }
    }
  };
  const open = () => {
    close();
    if (document.visibilityState === "hidden") return;
    const opened = new AbortController();
    stream = opened;
    const lost = () => {
      if (opened.signal.aborted) return;
      close();
      listener.lost(retryMs);
      timer = setTimeout(open, retryMs);
      retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS);
    };
    void read(opened.signal).then(lost, lost);
  };
  const visibility = () => {
    if (document.visibilityState === "hidden") close();
    else if (stream === undefined) open();
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
