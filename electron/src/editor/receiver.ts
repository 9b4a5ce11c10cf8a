/** `ExecutionReceiver`: the editor's own receiver, served by Flightlog's process. */

import { FlightlogError } from "../errors";
import type { ExecutionLogger } from "./logger";
import type { ReceiverStartResult } from "./types";

/** The receiver that generated workflows report to. */
export class ExecutionReceiver {
  private port: number | null = null;

  /**
   * @param logger The logger whose project receives the records.
   * @param defaultPort The port of `start` without a port.
   */
  constructor(
    private readonly logger: ExecutionLogger,
    private readonly defaultPort = 3000,
  ) {}

  /** Listen on a port of this machine alone; a port in use is an answer, not an exception. */
  async start(port: number = this.defaultPort): Promise<ReceiverStartResult> {
    if (this.port !== null) {
      return {
        success: false,
        error: `The receiver listens on port ${String(this.port)} already.`,
      };
    }
    try {
      const address = await this.logger.listen(port);
      this.port = address.port;
      return { success: true, port: this.port, url: `http://localhost:${String(this.port)}` };
    } catch (error) {
      if (error instanceof FlightlogError && error.data?.["code"] === "port_in_use") {
        return {
          success: false,
          error:
            `Port ${String(port)} is already in use. Close the program that uses it, or change ` +
            "executionReceiverPort in the project's settings.",
        };
      }
      return { success: false, error: error instanceof Error ? error.message : String(error) };
    }
  }

  /** Release the port, after the requests under way were answered. */
  async stop(): Promise<void> {
    if (this.port !== null) {
      this.port = null;
      if (this.logger.pid !== undefined) {
        await this.logger.listen(0);
      }
    }
  }

  /** Return whether the receiver listens. */
  isRunning(): boolean {
    return this.port !== null;
  }

  /** Return the port, or null if the receiver does not listen. */
  getPort(): number | null {
    return this.port;
  }

  /** Return the receiver's address, or null if the receiver does not listen. */
  getUrl(): string | null {
    return this.port === null ? null : `http://localhost:${String(this.port)}`;
  }
}
