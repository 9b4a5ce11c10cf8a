const IDS_A_REQUEST = 1000;
/** How much later the receiver acts than this page, which is then gone. */
const GRACE_MS = 2000;

interface Removal {
  ids: readonly string[];
  /** The ids of the deletions that the receiver carries out without this page. */
  announced: readonly Promise<string>[];
  timer: ReturnType<typeof setTimeout>;
  onError: OnError;
}

/** `count`: how many executions were not deleted. */
type OnError = (error: unknown, count: number) => void;

/** The requests of deletions. */
export interface RemovalRequests {
  /** Let the receiver delete executions after a delay. Resolves to the id of that deletion. */
  announce(ids: readonly string[], afterMs: number): Promise<string>;
  /** Cancel a deletion that was announced. */
  cancel(waitingId: string): Promise<unknown>;
  send(ids: readonly string[], leaving: boolean): Promise<void>;
}

/**
 * Deletions that are shown at once and sent later, so that the reader can undo them. The receiver
 * hears of each deletion at once, because browsers drop the requests of a page that closes.
 */
export class Removals {
  readonly #requests: RemovalRequests;
  readonly #waiting = new Set<Removal>();
  readonly #watchers = new Set<() => void>();
  #hidden: ReadonlySet<string> = new Set();

  constructor(requests: RemovalRequests) {
    this.#requests = requests;
  }

  readonly hidden = (): ReadonlySet<string> => this.#hidden;

  readonly watch = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  };

  /**
   * Hide executions now, and delete them in `afterMs` unless the reader undoes the deletion before.
   */
  remove(
    ids: readonly string[],
    options: { afterMs: number; onError: OnError; onUndoError: (error: unknown) => void },
  ): { undo: () => void } {
    const announced = inParts(ids).map((part) =>
      this.#requests.announce(part, options.afterMs + GRACE_MS),
    );
    // The deletion itself reports what is wrong.
    announced.forEach((each) => void each.catch(() => undefined));
    const removal: Removal = {
      ids,
      announced,
      onError: options.onError,
      timer: setTimeout(() => void this.#finish(removal, false), options.afterMs),
    };
    this.#waiting.add(removal);
    this.#hide([...this.#hidden, ...ids]);
    return {
      undo: () => {
        if (!this.#waiting.delete(removal)) return;
        clearTimeout(removal.timer);
        this.#show(ids);
        this.#cancel(removal).catch(options.onUndoError);
      },
    };
  }

  /** Send all waiting deletions at once. `leaving`: the page is about to close. */
  flush(leaving: boolean): void {
    for (const removal of this.#waiting) void this.#finish(removal, leaving);
  }

  async #finish(removal: Removal, leaving: boolean): Promise<void> {
    this.#waiting.delete(removal);
    clearTimeout(removal.timer);
    const { ids } = removal;
    let first = 0;
    for (const part of inParts(ids)) {
      const sent = this.#requests.send(part, leaving);
      if (leaving) {
        // Don't wait for the answer, because a closing page seldom receives it.
        sent.catch((error: unknown) => this.#fail(removal, part, error));
        continue;
      }
      try {
        await sent;
      } catch (error) {
        this.#fail(removal, ids.slice(first), error);
        return;
      }
      first += part.length;
    }
    // Deleting the same ids again does no harm, except to a new run under one of them.
    if (!leaving) this.#cancel(removal).catch(() => undefined);
  }

  async #cancel({ announced }: Removal): Promise<void> {
    const all = await Promise.allSettled(announced);
    const waiting = all.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
    await Promise.all(waiting.map((id) => this.#requests.cancel(id)));
  }

  #fail({ onError }: Removal, rest: readonly string[], error: unknown): void {
    this.#show(rest);
    onError(error, rest.length);
  }

  #show(ids: readonly string[]): void {
    const shown = new Set(ids);
    this.#hide([...this.#hidden].filter((id) => !shown.has(id)));
  }

  #hide(ids: readonly string[]): void {
    this.#hidden = new Set(ids);
    this.#watchers.forEach((watcher) => watcher());
  }
}

function inParts(ids: readonly string[]): (readonly string[])[] {
  const parts = [];
  for (let first = 0; first < ids.length; first += IDS_A_REQUEST) {
    parts.push(ids.slice(first, first + IDS_A_REQUEST));
  }
  return parts;
}
