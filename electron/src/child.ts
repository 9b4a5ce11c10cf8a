/** One run of `flightlog ipc`: its process and the connection to it, from start to end. */

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
import { CHANGED, type ExecutionsChanged, type Started } from "./generated";
import type { Program } from "./python";

/** The exit code by which Flightlog says that the same may work later. */
const TRY_AGAIN = 75;
const SAID_LINES = 20;
/** Flightlog reads no message of more than 64 MiB, and can't tell whose it was. */
const MAX_ARGUMENTS_BYTES = 32 * 1024 * 1024;
const LOST: readonly number[] = [
  ErrorCodes.PendingResponseRejected,
  ErrorCodes.ConnectionInactive,
  ErrorCodes.MessageWriteError,
  ErrorCodes.MessageReadError,
];

/** How to start it, and whom to tell. */
export interface ChildOptions {
  readonly program: Program;
  readonly projectPath: string | undefined;
  readonly port: number;
  readonly env: NodeJS.ProcessEnv;
  readonly onChanged: (changed: ExecutionsChanged) => void;
  readonly onLog: (line: string) => void;
}

/** The process ended, or its pipe broke, before a call was answered. */
export class ConnectionLost extends Error {}

/** The process ended before it could be used. */
export class StartFailed extends Error {
  /**
   * @param message What it said last.
   * @param mayWorkLater Whether the same start may succeed.
   */
  constructor(
    message: string,
    readonly mayWorkLater: boolean,
  ) {
    super(message);
  }
}

/** A running `flightlog ipc`. */
export class Child {
  /** Settles when the process has ended and its last words are read. */
  readonly ended: Promise<void>;
  /** Whether it has said that it is ready. */
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
    // A pipe that breaks is told of by the process's end; without a listener it would be thrown.
    this.process.stdin.on("error", () => undefined);
    // What isn't read would fill the pipe and stop the process.
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

  /** The process's number; undefined when it could not be started. */
  get pid(): number | undefined {
    return this.process.pid;
  }

  /**
   * Waits until it is ready.
   *
   * @throws StartFailed It ended first.
   */
  async initialize(): Promise<Started> {
    try {
      const started = (await this.call("initialize", [process.pid])) as Started;
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
   * Calls a method.
   *
   * @throws FlightlogError It answered with an error, or the arguments can't be sent.
   * @throws ConnectionLost It ended before it answered.
   */
  async call(method: string, given: readonly unknown[]): Promise<unknown> {
    // Else it would look like a connection that broke, or get no answer at all.
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

  /** Has it end cleanly: it answers what is under way, stores what it has taken, and goes. */
  end(): void {
    this.process.stdin.end();
  }

  /** Ends it at once. */
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
