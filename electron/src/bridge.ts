/**
 * `Bridge`: keeps one `flightlog ipc` process running, and repeats calls after the process dies.
 */

import { setTimeout as sleep } from "node:timers/promises";

import { Child, ConnectionLost, StartFailed } from "./child";
import { FlightlogError } from "./errors";
import {
  PROTOCOL_VERSION,
  REPEATABLE,
  type ExecutionsChanged,
  type OpenedProject,
  type ReceiverAddress,
  type RecordingSettings,
  type RunProgress,
  type Started,
} from "./generated";
import { findProgram, namedProgram, type Places, type Program } from "./python";

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 10_000;
const HEALTHY_MS = 10_000;
const MAX_STARTS = 5;
const MAX_SENDS = 5;
const END_TIMEOUT_MS = 15_000;
const DEFAULT_PORT = 3000;
/** The place of `projectPath` among the arguments; 0 is a member of an object. */
const PROJECT_ARGUMENTS: ReadonlyMap<string, number> = new Map([
  ["execution:query", 0],
  ["execution:get", 1],
  ["execution:get-stats", 1],
  ["execution:delete", 1],
  ["execution:clear-workflow", 1],
  ["execution:copy-to-canvas", 1],
  ["workflow:execute", 3],
]);

/** How Flightlog is started. */
export interface BridgeOptions {
  /**
   * A Python that has Flightlog, or a whole program. Without this option, the bridge searches for
   * one.
   */
  readonly python?: string | Program;
  /** The directory of the project that is open at first. The default is the user's own history. */
  readonly projectPath?: string;
  /**
   * The receiver's port, 3000 by default. When the port is taken, the receiver uses another one.
   */
  readonly port?: number;
  /** The environment of Flightlog's process. The default is the environment of this process. */
  readonly env?: NodeJS.ProcessEnv;
  /**
   * Called with the executions that changed. An empty list of ids means that any may have changed.
   */
  readonly onChanged?: (changed: ExecutionsChanged) => void;
  /** Called with the progress of each run of a workflow. */
  readonly onProgress?: (progress: RunProgress) => void;
  /** The settings of projects whose manifest has none, read at each start. */
  readonly settings?: () => RecordingSettings;
  /** Called with each line that Flightlog writes to its log. */
  readonly onLog?: (line: string) => void;
}

interface Running {
  readonly child: Child;
  readonly started: Started;
}

/**
 * Start Flightlog at the first call, and again whenever the process has died. The pause before each
 * start grows until a call is answered.
 *
 * When the process dies during a call, the bridge sends the call again if the call may be repeated.
 * After a restart the receiver listens on the same port as before, if the port is still free.
 */
export class Bridge {
  private readonly repeatable: ReadonlySet<string> = new Set<string>([
    ...REPEATABLE,
    "initialize",
    "settings/update",
    "receiver/listen",
    "executions/log",
    "workflow:validate",
    "workflow:get-code-preview",
    "workflow:get-active",
  ]);
  private projectPath: string | undefined;
  private port: number;
  private program: Program | undefined;
  private running: Promise<Running> | undefined;
  private child: Child | undefined;
  private pauseMs = 0;
  private wasStarted = false;
  private stopping: Promise<void> | undefined;
  private readonly underWay = new Set<Promise<unknown>>();
  private readonly stopped = new AbortController();

  constructor(private readonly options: BridgeOptions = {}) {
    this.projectPath = options.projectPath;
    this.port = options.port ?? DEFAULT_PORT;
  }

  /** The id of the running process; undefined when no process runs. */
  get pid(): number | undefined {
    return this.child?.pid;
  }

  /** Return what Flightlog reported when it last started; start Flightlog if it does not run. */
  async started(): Promise<Started> {
    return (await this.ready()).started;
  }

  /**
   * Call a method.
   *
   * @throws FlightlogError Flightlog answered with an error, can't be started, was stopped, or
   *   ended before it answered a call that can't be repeated.
   */
  call(method: string, given: readonly unknown[]): Promise<unknown> {
    const answer = this.callUntilAnswered(method, given);
    this.underWay.add(answer);
    const settled = () => this.underWay.delete(answer);
    answer.then(settled, settled);
    return answer;
  }

  private async callUntilAnswered(method: string, given: readonly unknown[]): Promise<unknown> {
    for (let sends = 1; ; sends += 1) {
      const { child } = await this.ready();
      try {
        const answer = await child.call(method, given);
        this.pauseMs = 0;
        this.projectPath = namedProject(method, given) ?? this.projectPath;
        return answer;
      } catch (error) {
        if (!(error instanceof ConnectionLost)) {
          this.pauseMs = 0;
          throw error;
        }
      }
      await child.ended;
      this.throwIfStopped();
      if (!this.repeatable.has(method)) {
        throw new FlightlogError(
          "unknown-outcome",
          `Flightlog ended before it answered \`${method}\`, which may or may not have been ` +
            "carried out. Look, and call it again if need be.",
        );
      }
      if (sends >= MAX_SENDS) {
        throw new FlightlogError(
          "unknown-outcome",
          `Flightlog ended ${sends} times before it answered \`${method}\`. Its log may say why.`,
        );
      }
    }
  }

  /**
   * Open another project. The project then applies to calls that name no project, and to the
   * records that the receiver takes from then on.
   *
   * @param projectPath The project's directory. An absent path opens the history that was open at
   *   first.
   */
  async openProject(projectPath?: string): Promise<OpenedProject> {
    const path = projectPath ?? this.options.projectPath;
    for (let sends = 1; ; sends += 1) {
      const { child, started } = await this.readyFor(path);
      if (path === undefined && started.projectPath !== undefined) {
        // Flightlog was restarted on a project, so it does not know the history that was open at
        // first.
        this.projectPath = undefined;
        return opened((await this.restart(child)).started);
      }
      try {
        const answer = (await child.call("project/open", [path])) as OpenedProject;
        this.projectPath = path;
        return answer;
      } catch (error) {
        if (!(error instanceof ConnectionLost) || sends >= MAX_SENDS) {
          throw error;
        }
        await child.ended;
        this.throwIfStopped();
      }
    }
  }

  /**
   * Make the receiver listen on another port, also after a restart.
   *
   * @param port The port; 0 is any free one.
   * @throws FlightlogError Another program listens on the port; the receiver stays where it was.
   */
  async listen(port: number): Promise<ReceiverAddress> {
    if (this.running === undefined && this.child === undefined) {
      this.port = port;
      const { receiver } = await this.started();
      if (port === 0 || receiver.port === port) {
        return receiver;
      }
    }
    const address = (await this.call("receiver/listen", [port])) as ReceiverAddress;
    this.port = address.port;
    return address;
  }

  /**
   * Stop Flightlog, after Flightlog has answered the calls under way and stored the accepted
   * records.
   */
  stop(): Promise<void> {
    this.stopping ??= this.stopChild();
    return this.stopping;
  }

  private async stopChild(): Promise<void> {
    this.stopped.abort();
    const child = this.child;
    if (child !== undefined) {
      const timer = setTimeout(() => {
        child.kill("SIGKILL");
      }, END_TIMEOUT_MS);
      if (child.isReady) {
        await Promise.race([child.ended, Promise.allSettled(this.underWay)]);
      }
      child.end();
      await child.ended;
      clearTimeout(timer);
      this.child = undefined;
    }
  }

  private ready(): Promise<Running> {
    this.throwIfStopped();
    this.running ??= this.begin(this.start());
    return this.running;
  }

  /** Start Flightlog on the given project if it can't be started on the one that is open. */
  private async readyFor(path: string | undefined): Promise<Running> {
    try {
      return await this.ready();
    } catch (error) {
      const last = this.projectPath;
      if (path === last || !(error instanceof FlightlogError) || error.kind !== "not-started") {
        throw error;
      }
      this.projectPath = path;
      try {
        return await this.ready();
      } catch (stillNot) {
        this.projectPath = last;
        throw stillNot;
      }
    }
  }

  private restart(child: Child): Promise<Running> {
    if (this.child !== child) {
      // Another call has already restarted Flightlog.
      return this.ready();
    }
    this.child = undefined;
    child.end();
    this.running = this.begin(child.ended.then(() => this.start()));
    return this.running;
  }

  private begin(start: Promise<Running>): Promise<Running> {
    return start.catch((error: unknown) => {
      this.running = undefined;
      throw error;
    });
  }

  private async start(): Promise<Running> {
    const { options } = this;
    const places = this.places();
    const { env } = places;
    this.program ??= namedProgram(places) ?? (await findProgram(places));
    const program = this.program;
    for (let starts = 1; ; starts += 1) {
      await this.pause();
      this.throwIfStopped();
      const child = new Child({
        program,
        env,
        projectPath: this.projectPath,
        port: this.port,
        onChanged: (changed) => options.onChanged?.(changed),
        onProgress: (progress) => options.onProgress?.(progress),
        onLog: (line) => options.onLog?.(line),
      });
      this.child = child;
      try {
        const started = await child.initialize(options.settings?.());
        this.welcome(started);
        const since = Date.now();
        void child.ended.then(() => {
          this.replace(child, Date.now() - since);
        });
        return { child, started };
      } catch (error) {
        await this.refuse(error, child, starts);
      }
    }
  }

  private places(): Places {
    const { python, env } = this.options;
    return {
      ...(python === undefined ? {} : { python }),
      projectPath: this.projectPath,
      env: env ?? process.env,
    };
  }

  private welcome(started: Started): void {
    if (started.protocolVersion !== PROTOCOL_VERSION) {
      throw new FlightlogError(
        "not-started",
        `Flightlog ${started.version} speaks version ${started.protocolVersion} of the protocol, ` +
          `this package version ${PROTOCOL_VERSION}. Install matching versions of both.`,
      );
    }
    // Keep this port after a restart, because workflows that run already send to it.
    this.port = started.receiver.port;
    if (this.wasStarted) {
      this.options.onChanged?.({
        executionIds: [],
        ...(started.projectPath === undefined ? {} : { projectPath: started.projectPath }),
      });
    }
    this.wasStarted = true;
  }

  private async refuse(error: unknown, child: Child, starts: number): Promise<void> {
    if (!(error instanceof StartFailed)) {
      child.end();
      throw error;
    }
    await child.ended;
    this.throwIfStopped();
    if (!error.mayWorkLater || starts >= MAX_STARTS) {
      // Search again at the next call, because Flightlog may have been installed elsewhere by then.
      this.program = undefined;
      // A program that was named has not been checked. The check's error says what to install.
      await findProgram(this.places());
      throw new FlightlogError("not-started", error.message);
    }
  }

  private replace(child: Child, livedMs: number): void {
    if (this.child !== child || this.stopped.signal.aborted) {
      return;
    }
    if (livedMs >= HEALTHY_MS) {
      this.pauseMs = 0;
    }
    this.child = undefined;
    this.running = undefined;
    // Restart even without a call, because workflows send to the receiver in the same process.
    this.ready().catch((error: unknown) => this.options.onLog?.(String(error)));
  }

  private async pause(): Promise<void> {
    if (this.pauseMs > 0) {
      await sleep(this.pauseMs, undefined, { signal: this.stopped.signal }).catch(() => undefined);
    }
    // Until a call is answered, each further start waits longer.
    this.pauseMs = Math.min(Math.max(FIRST_PAUSE_MS, this.pauseMs * 2), LONGEST_PAUSE_MS);
  }

  private throwIfStopped(): void {
    if (this.stopped.signal.aborted) {
      throw new FlightlogError("stopped", "Flightlog was stopped.");
    }
  }
}

/** The project that a call opened, as the last positional argument or as a member of the first. */
function namedProject(method: string, given: readonly unknown[]): string | undefined {
  const place = PROJECT_ARGUMENTS.get(method);
  const value =
    place === 0 ? (given[0] as { projectPath?: unknown } | null)?.projectPath : given[place ?? -1];
  return typeof value === "string" && value !== "" ? value : undefined;
}

function opened({ databasePath, projectPath, recording }: Started): OpenedProject {
  const found = { databasePath, recording };
  return projectPath === undefined ? found : { ...found, projectPath };
}
