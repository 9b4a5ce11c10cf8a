/** `Bridge`: keeps one `flightlog ipc` running, and calls it across its deaths. */

import { setTimeout as sleep } from "node:timers/promises";

import { Child, ConnectionLost, StartFailed } from "./child";
import { FlightlogError } from "./errors";
import {
  PROTOCOL_VERSION,
  REPEATABLE,
  type ExecutionsChanged,
  type OpenedProject,
  type Started,
} from "./generated";
import { findProgram, type Program } from "./python";

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 10_000;
const HEALTHY_MS = 10_000;
const MAX_STARTS = 5;
const MAX_SENDS = 5;
const END_TIMEOUT_MS = 15_000;
const DEFAULT_PORT = 3000;

/** How Flightlog is started. */
export interface BridgeOptions {
  /** A Python that has Flightlog, or a whole program; else it is looked for. */
  readonly python?: string | Program;
  /** The directory of the project that is open at first; else the user's own history. */
  readonly projectPath?: string;
  /** The receiver's port, 3000 unless told; when it is taken, another one is used. */
  readonly port?: number;
  /** The environment that Flightlog runs in; this process's unless told. */
  readonly env?: NodeJS.ProcessEnv;
  /** Told of executions that changed; no ids means that any may have. */
  readonly onChanged?: (changed: ExecutionsChanged) => void;
  /** Given each line that Flightlog writes to its log. */
  readonly onLog?: (line: string) => void;
}

interface Running {
  readonly child: Child;
  readonly started: Started;
}

/**
 * Starts Flightlog at the first call, and again whenever it has died, with growing pauses as long
 * as it doesn't get to answer.
 *
 * A call that was under way when it died is sent again, if it is one that may be repeated. After
 * a restart the receiver listens on the port of before, if it is still free.
 */
export class Bridge {
  private readonly repeatable: ReadonlySet<string> = new Set<string>([
    ...REPEATABLE,
    "initialize",
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

  /** The number of the process that runs; undefined when none does. */
  get pid(): number | undefined {
    return this.child?.pid;
  }

  /** What Flightlog told of itself when it was last started; starts it if need be. */
  async started(): Promise<Started> {
    return (await this.ready()).started;
  }

  /**
   * Calls a method.
   *
   * @throws FlightlogError It was answered with an error, can't be started, was stopped, or ended
   *   before it answered a call that can't be repeated.
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
   * Opens another project, for calls that name none and for what the receiver takes from then on.
   *
   * @param projectPath Its directory; without it, the history that was open at first.
   */
  async openProject(projectPath?: string): Promise<OpenedProject> {
    const path = projectPath ?? this.options.projectPath;
    for (let sends = 1; ; sends += 1) {
      const { child, started } = await this.readyFor(path);
      if (path === undefined && started.projectPath !== undefined) {
        // It was restarted on a project, and knows of no other history.
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

  /** Stops Flightlog: it answers what is under way, stores what it has taken, and ends. */
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
    }
  }

  private ready(): Promise<Running> {
    this.throwIfStopped();
    this.running ??= this.begin(this.start());
    return this.running;
  }

  /** Starts it on another project, if it can't be started on the one that is open. */
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
      // Another call has seen to it.
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
    const env = options.env ?? process.env;
    this.program ??= await findProgram({
      ...(options.python === undefined ? {} : { python: options.python }),
      projectPath: this.projectPath,
      env,
    });
    const program = this.program;
    for (let starts = 1; ; starts += 1) {
      this.throwIfStopped();
      await this.pause();
      const child = new Child({
        program,
        env,
        projectPath: this.projectPath,
        port: this.port,
        onChanged: (changed) => options.onChanged?.(changed),
        onLog: (line) => options.onLog?.(line),
      });
      this.child = child;
      try {
        const started = await child.initialize();
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

  private welcome(started: Started): void {
    if (started.protocolVersion !== PROTOCOL_VERSION) {
      throw new FlightlogError(
        "not-started",
        `Flightlog ${started.version} speaks version ${started.protocolVersion} of the protocol, ` +
          `this package version ${PROTOCOL_VERSION}. Install matching versions of both.`,
      );
    }
    // Workflows that run already know this port.
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
      // Somebody may have installed it elsewhere by the next call.
      this.program = undefined;
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
    // Also without a call: workflows report to the receiver beside it.
    this.ready().catch((error: unknown) => this.options.onLog?.(String(error)));
  }

  private async pause(): Promise<void> {
    if (this.pauseMs > 0) {
      await sleep(this.pauseMs, undefined, { signal: this.stopped.signal }).catch(() => undefined);
      this.throwIfStopped();
    }
    // Until a call is answered, the next start waits longer.
    this.pauseMs = Math.min(Math.max(FIRST_PAUSE_MS, this.pauseMs * 2), LONGEST_PAUSE_MS);
  }

  private throwIfStopped(): void {
    if (this.stopped.signal.aborted) {
      throw new FlightlogError("stopped", "Flightlog was stopped.");
    }
  }
}

function opened({ databasePath, projectPath }: Started): OpenedProject {
  return projectPath === undefined ? { databasePath } : { databasePath, projectPath };
}
