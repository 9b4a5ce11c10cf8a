/** One process of `flightlog ipc` and the connection to it, from start to end. */

import { spawn, type ChildProcessByStdio } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";

import {
  createMessageConnection,
  ErrorCodes,
  ParameterStructures,
  ResponseError,
  StreamMessageReader,
  StreamMessageWriter,
  type MessageConnection,
} from "vscode-jsonrpc/node";

import { FlightlogError } from "./errors";
import {
  CHANGED,
  PROGRESS,
  type ExecutionsChanged,
  type RecordingSettings,
  type RunProgress,
  type Started,
} from "./generated";
import type { Program } from "./python";

/** Flightlog's exit code for a failure that may not occur at the next start. */
const TRY_AGAIN = 75;
const SAID_LINES = 20;
/**
 * Half of the 64 MiB that Flightlog accepts in a message. Flightlog can't answer a larger message,
 * because it doesn't read the id of such a message.
 */
const MAX_ARGUMENTS_BYTES = 32 * 1024 * 1024;
const LOST: readonly number[] = [
  ErrorCodes.PendingResponseRejected,
  ErrorCodes.ConnectionInactive,
  ErrorCodes.MessageWriteError,
  ErrorCodes.MessageReadError,
];

/** How to start the process, and the callbacks for its changes and log lines. */
export interface ChildOptions {
  readonly program: Program;
  readonly projectPath: string | undefined;
  readonly port: number;
  readonly env: NodeJS.ProcessEnv;
  readonly onChanged: (changed: ExecutionsChanged) => void;
  readonly onProgress: (progress: RunProgress) => void;
  readonly onLog: (line: string) => void;
}

/** The process ended, or its pipe broke, before it answered a call. */
export class ConnectionLost extends Error {}

/** The process ended before it was ready. */
export class StartFailed extends Error {
  /**
   * @param message The last lines of the process's log.
   * @param mayWorkLater Whether the same start may succeed later.
   */
  constructor(
    message: string,
    readonly mayWorkLater: boolean,
  ) {
    super(message);
  }
}

/** A `flightlog ipc` process. */
export class Child {
  /** Settles when the process has ended and its last output was read. */
  readonly ended: Promise<void>;
  /** Whether the process has reported that it is ready. */
  isReady = false;
  private readonly process: ChildProcessByStdio<Writable, Readable, Readable>;
  private readonly connection: MessageConnection;
  private readonly said: string[] = [];

  constructor(options: ChildOptions) {
    const [command, ...given] = options.program;
    const project = options.projectPath === undefined ? [] : ["--project", options.projectPath];
    this.process = spawn(
      command,
      [...given, "ipc", "--port", String(options.port), ...project],
      { stdio: ["pipe", "pipe", "pipe"], env: options.env, windowsHide: true },
    );
    // `ended` covers a broken pipe. Without a listener, Node would throw the pipe's error.
    this.process.stdin.on("error", () => undefined);
    // Read the log always, because a full pipe would block the process.
    createInterface({ input: this.process.stderr }).on("line", (line) => {
      this.said.push(line);
      this.said.splice(0, this.said.length - SAID_LINES);
      options.onLog(line);
    });
    this.connection = createMessageConnection(
      new StreamMessageReader(this.process.stdout),
      new StreamMessageWriter(this.process.stdin),
    );
    this.connection.onNotification(CHANGED, options.onChanged);
    this.connection.onNotification(PROGRESS, options.onProgress);
    this.connection.onError(() => undefined);
    this.connection.listen();
    this.ended = new Promise<void>((resolve) => {
      this.process.on("error", (error) => {
        this.said.push(error.message);
        resolve();
      });
      this.process.on("close", () => {
        resolve();
      });
    }).then(() => {
      this.connection.dispose();
    });
  }

  /** The process's id; undefined when the process could not be started. */
  get pid(): number | undefined {
    return this.process.pid;
  }

  /**
   * Wait until the process is ready.
   *
   * @throws StartFailed The process ended before it was ready.
   */
  async initialize(settings?: RecordingSettings): Promise<Started> {
    try {
      const started = (await this.call("initialize", [process.pid, settings])) as Started;
      this.isReady = true;
      return started;
    } catch (error) {
      if (!(error instanceof ConnectionLost)) {
        throw error;
      }
      await this.ended;
      const { exitCode, signalCode } = this.process;
      const how = signalCode ?? `exit code ${exitCode ?? "unknown"}`;
      const last = this.said.join("\n").trim();
      throw new StartFailed(
        `Flightlog ended at its start (${how})${last === "" ? "." : `: ${last}`}`,
        signalCode !== null || exitCode === TRY_AGAIN,
      );
    }
  }

  /**
   * Call a method.
   *
   * @throws FlightlogError Flightlog answered with an error, or the arguments can't be sent.
   * @throws ConnectionLost The process ended before it answered.
   */
  async call(method: string, given: readonly unknown[]): Promise<unknown> {
    // Check before sending: such a call would look like a broken connection, or never be answered.
    checkArguments(method, given);
    try {
      return await this.connection.sendRequest(method, ParameterStructures.byPosition, ...given);
    } catch (error) {
      if (error instanceof ResponseError && !LOST.includes(error.code)) {
        throw refusal(error as ResponseError<unknown>);
      }
      throw new ConnectionLost(String(error));
    }
  }

  /**
   * End the process cleanly: it answers the calls under way and stores the records that it
   * accepted.
   */
  end(): void {
    this.process.stdin.end();
  }

  /** End the process at once. */
  kill(signal: NodeJS.Signals = "SIGTERM"): void {
    this.process.kill(signal);
  }
}

function checkArguments(method: string, given: readonly unknown[]): void {
  let reason = "";
  try {
    const size = Buffer.byteLength(JSON.stringify(given));
    if (size > MAX_ARGUMENTS_BYTES) {
      reason = `they are ${String(size)} bytes, more than ${String(MAX_ARGUMENTS_BYTES)}`;
    }
  } catch (error) {
    reason = error instanceof Error ? error.message : String(error);
  }
  if (reason !== "") {
    throw new FlightlogError(
      "refused",
      `The arguments of \`${method}\` can't be sent: ${reason}. Give text, numbers and plain objects.`,
    );
  }
}

function refusal(error: ResponseError<unknown>): FlightlogError {
  const data =
    typeof error.data === "object" && error.data !== null
      ? (error.data as Readonly<Record<string, unknown>>)
      : undefined;
  const hint = data?.["hint"];
  const message = typeof hint === "string" ? `${error.message} ${hint}` : error.message;
  return new FlightlogError("refused", message, error.code, data);
}
