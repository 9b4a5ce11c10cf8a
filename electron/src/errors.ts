/** The errors that calls reject with. */

/** The reason for a `FlightlogError`. */
export type ErrorKind =
  /** Flightlog answered the call with an error, or the call's arguments can't be sent. */
  | "refused"
  /** Flightlog can't be found or started. */
  | "not-started"
  /** Flightlog ended before it answered, and the call can't be repeated. */
  | "unknown-outcome"
  /** The bridge was stopped. */
  | "stopped";

/**
 * A failed call. The message alone is complete, because Electron passes only an error's message to
 * a window.
 */
export class FlightlogError extends Error {
  override readonly name = "FlightlogError";

  /**
   * @param kind The reason for the error.
   * @param message A text that says what happened and what to do.
   * @param code The number of the JSON-RPC error, if Flightlog answered.
   * @param data Values for programs, if Flightlog answered: `code`, `hint`, `retryable`, or
   *   `argument`.
   */
  constructor(
    readonly kind: ErrorKind,
    message: string,
    readonly code?: number,
    readonly data?: Readonly<Record<string, unknown>>,
  ) {
    super(message);
  }
}
