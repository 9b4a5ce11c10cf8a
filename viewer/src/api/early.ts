/**
 * Requests that the page sends before its other scripts have run. This module imports nothing, so
 * that it runs as soon as it has arrived.
 */

/** Where the page's storage keeps the session. */
export const SESSION_KEY = "flightlog.session";
/** Where the page's storage keeps an exchange of a code whose answer has not arrived. */
export const PENDING_KEY = "flightlog.pending";
export const EVENTS_PATH = "/api/events";
/** The list's first page without filters. A test compares the path with the list's own. */
export const FIRST_PAGE_PATH = "/api/summaries?limit=100";

/** A request that was sent early. */
export interface EarlyRequest {
  response: Promise<Response>;
  cancel: () => void;
  /** Whether no change can be missed between the first page and these events. */
  precedesPage: () => boolean;
}

interface Sent extends EarlyRequest {
  token: string;
  /** Send the request now if it still waits. */
  hurry: () => void;
}

const sent = new Map<string, Sent>();

/**
 * Request the list's first page if the address shows the list without filters. The page is read
 * after the live connection has opened, so later changes arrive there and the page need not be read
 * again. It waits no longer than until the list wants it.
 *
 * @returns A promise that is fulfilled when everything is sent.
 */
export async function sendEarly(): Promise<void> {
  const { pathname, search, hash } = location;
  if (pathname !== "/" || search !== "" || hash !== "") return;
  if (document.visibilityState === "hidden") return;
  const token = readToken();
  if (token === null) return;
  let isPageSent = false;
  let isOpenedFirst = false;
  let hurry: () => void = () => undefined;
  // eslint-disable-next-line flightlog/catalogue -- a scheme of HTTP
  const headers = { authorization: `Bearer ${token}` };
  const events = send(EVENTS_PATH, { ...headers, accept: "text/event-stream" });
  const begun = new Promise<void>((begin) => {
    hurry = begin;
    events.response.then(() => {
      isOpenedFirst = !isPageSent;
      begin();
    }, begin);
  });
  const page = send(
    FIRST_PAGE_PATH,
    headers,
    begun.then(() => (isPageSent = true)),
  );
  const common = { token, hurry, precedesPage: () => isOpenedFirst };
  sent.set(EVENTS_PATH, { ...events, ...common });
  sent.set(FIRST_PAGE_PATH, { ...page, ...common });
  await begun;
}

/** Return the early request of an address with the same token, once. */
export function takeEarly(path: string, token: string | null): EarlyRequest | undefined {
  const early = sent.get(path);
  if (early === undefined) return undefined;
  sent.delete(path);
  if (early.token !== token) {
    early.cancel();
    return undefined;
  }
  if (path === FIRST_PAGE_PATH) early.hurry();
  return early;
}

function send(
  path: string,
  headers: Record<string, string>,
  after: Promise<unknown> = Promise.resolve(),
): Pick<EarlyRequest, "response" | "cancel"> {
  const controller = new AbortController();
  const init: RequestInit = { headers, signal: controller.signal, cache: "no-store" };
  const response = after.then(() => fetch(path, init));
  // A failure concerns the caller that takes the request.
  response.catch(() => undefined);
  return { response, cancel: () => controller.abort() };
}

/** Return the session, unless a code or another answer will replace it. */
function readToken(): string | null {
  try {
    return sessionStorage.getItem(PENDING_KEY) === null ? localStorage.getItem(SESSION_KEY) : null;
  } catch {
    return null;
  }
}
