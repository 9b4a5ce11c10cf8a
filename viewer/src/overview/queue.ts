/** Sends requests one after another. A request that was given up before its turn is never sent. */
export class RequestQueue {
  #last: Promise<unknown> = Promise.resolve();

  /** Send a request when those before it have ended. */
  run<Data>(send: () => Promise<Data>, signal: AbortSignal): Promise<Data> {
    const result = this.#last.then(() => {
      signal.throwIfAborted();
      return send();
    });
    this.#last = result.catch(() => undefined);
    return result;
  }
}
