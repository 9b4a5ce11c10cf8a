const IDS_A_REQUEST = 1000;

interface Removal {
  ids: readonly string[];
  timer: ReturnType<typeof setTimeout>;
  onError: OnError;
}

/** `count`: how many executions were not deleted. */
type OnError = (error: unknown, count: number) => void;

type Send = (ids: readonly string[], leaving: boolean) => Promise<void>;

/** Deletions that are shown at once and sent later, so that the reader can undo them. */
export class Removals {
  readonly #send: Send;
  readonly #waiting = new Set<Removal>();
  readonly #watchers = new Set<() => void>();
  #hidden: ReadonlySet<string> = new Set();

  constructor(send: Send) {
    this.#send = send;
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
    options: { afterMs: number; onError: OnError },
  ): { undo: () => void } {
    const removal: Removal = {
      ids,
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
    for (let first = 0; first < ids.length; first += IDS_A_REQUEST) {
      const part = ids.slice(first, first + IDS_A_REQUEST);
      const sent = this.#send(part, leaving);
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
    }
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
