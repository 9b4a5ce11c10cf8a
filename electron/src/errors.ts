/** The errors that calls reject with. */

/** How `FlightlogError` came about. */
export type ErrorKind =
  /** Flightlog answered the call with an error, or its arguments can't be sent. */
  | "refused"
  /** Flightlog can't be found or started. */
  | "not-started"
  /** Flightlog ended before it answered, and the call can't be repeated. */
  | "unknown-outcome"
  /** The bridge was stopped. */
  | "stopped";

/**
 * Why a call failed. Electron hands only an error's message to a window, so the message says all.
 */
export class FlightlogError extends Error {
  override readonly name = "FlightlogError";

  /**
   * @param kind How it came about.
   * @param message What happened and what to do about it.
   * @param code The number that JSON-RPC gave, where Flightlog answered.
   * @param data What Flightlog tells programs: `code`, `hint`, `retryable`, or `argument`.
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
