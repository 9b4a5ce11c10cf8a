import { texts } from "@/texts";
import { PENDING_KEY, SESSION_KEY } from "./early";
import { HistoryProblem, readProblem } from "./problem";

/** The credentials of a client's requests. */
export interface Access {
  /** Return the session or token to send, or null to send none. */
  token(): string | null;
  /** The receiver has refused a request for want of a right. */
  refused?(problem: HistoryProblem): void;
}

const CLAIM_BYTES = 16;
const CODE = /^#code=([\w-]+)$/;
const UNAUTHORIZED = 401;

/** Return the headers that show a client's credentials. */
export function accessHeaders(access: Access | undefined): Record<string, string> {
  const token = access?.token() ?? null;
  // eslint-disable-next-line flightlog/catalogue -- a scheme of HTTP
  return token === null ? {} : { authorization: `Bearer ${token}` };
}

/** Read the problem of a refused answer, and report a want of rights. */
export async function readRefusal(
  response: Response,
  access: Access | undefined,
): Promise<HistoryProblem> {
  const problem = await readProblem(response);
  if (problem.status === UNAUTHORIZED) access?.refused?.(problem);
  return problem;
}

/**
 * The access of the viewer's own page. The page's storage keeps the session; a browser gives the
 * storage to pages of this host and port alone, and never sends it.
 */
export class PageAccess implements Access {
  #memory: string | null = null;
  #problem: HistoryProblem | null = null;
  readonly #watchers = new Set<() => void>();

  token(): string | null {
    try {
      return localStorage.getItem(SESSION_KEY) ?? this.#memory;
    } catch {
      return this.#memory;
    }
  }

  refused(problem: HistoryProblem): void {
    this.#set(problem);
  }

  /** Use a session or token from now on. */
  readonly use = (token: string): void => {
    this.#memory = token;
    try {
      localStorage.setItem(SESSION_KEY, token);
    } catch {
      // A browser that keeps nothing still shows this page.
    }
    this.#set(null);
  };

  /** Exchange the code of the page's address for a session. The address loses the code. */
  readonly enter = async (): Promise<void> => {
    const code = CODE.exec(location.hash)?.[1];
    // A page that was reloaded before the answer arrived repeats its request.
    const pending = code === undefined ? readPending() : makePending(code);
    if (pending === null) return;
    if (code !== undefined)
      history.replaceState(history.state, "", location.pathname + location.search);
    try {
      const response = await fetch("/api/sessions", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(pending),
      });
      forgetPending();
      if (response.ok) this.use(((await response.json()) as { session: string }).session);
      // An older session of this page may still be valid, although the link is not.
      else if (this.token() === null) this.#set(await readProblem(response));
    } catch {
      // The page itself shows that the receiver can't be reached.
    }
  };

  /** End the session, also at the receiver. */
  readonly leave = async (): Promise<void> => {
    try {
      await fetch("/api/sessions", { method: "DELETE", headers: accessHeaders(this) });
    } catch {
      // The page forgets the session all the same.
    }
    this.#memory = null;
    try {
      localStorage.removeItem(SESSION_KEY);
    } catch {
      // There is nothing to forget.
    }
    this.#set(makeSignedOut());
  };

  /** Follow links that are opened in this page, and sessions that other pages begin. */
  readonly listen = (): void => {
    window.addEventListener("hashchange", () => void this.enter());
    window.addEventListener("storage", (event) => {
      if (event.key !== SESSION_KEY) return;
      this.#set(event.newValue === null ? makeSignedOut() : null);
    });
  };

  readonly watch = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  };

  /** Return the reason why the page has no access; null while it has. */
  readonly problem = (): HistoryProblem | null => this.#problem;

  #set(problem: HistoryProblem | null): void {
    this.#problem = problem;
    this.#watchers.forEach((watcher) => watcher());
  }
}

interface Pending {
  code: string;
  /** Random text by which the receiver knows this page again. */
  claim: string;
}

function makeSignedOut(): HistoryProblem {
  return new HistoryProblem({
    title: texts.problem.signedOut,
    detail: texts.problem.youSignedOut,
    status: UNAUTHORIZED,
    code: "signed_out",
    retryable: false,
  });
}

function makePending(code: string): Pending {
  const bytes = crypto.getRandomValues(new Uint8Array(CLAIM_BYTES));
  const claim = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const pending = { code, claim };
  try {
    sessionStorage.setItem(PENDING_KEY, JSON.stringify(pending));
  } catch {
    // A browser that keeps nothing can't repeat the request.
  }
  return pending;
}

function readPending(): Pending | null {
  try {
    const text = sessionStorage.getItem(PENDING_KEY);
    return text === null ? null : (JSON.parse(text) as Pending);
  } catch {
    return null;
  }
}

function forgetPending(): void {
  try {
    sessionStorage.removeItem(PENDING_KEY);
  } catch {
    // There is nothing to forget.
  }
}
