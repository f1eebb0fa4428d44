import type { BackendStatus } from "../inference/worker/resilient-backend.ts";
import type { TokenizerState } from "../tokenizer/thread/resilient-thread.ts";

/** The server's condition; requests are answered only in `ok` and, slower, in `degraded`. */
export type HealthStatus = "ok" | "degraded" | "starting" | "restarting" | "draining";

/** Returns whether requests are answered. */
export function isServing({ status }: { readonly status: string }): boolean {
  return status === "ok" || status === "degraded";
}

/** The answer of `GET /health` and `RerankService.Health`. */
export interface HealthReport {
  readonly status: HealthStatus;
  /** The served model's name. */
  readonly model: string;
  /** `cpu`, `cuda` or `webgpu`; "" until the model is loaded. */
  readonly device: string;
  /** Workers that run the model side by side, those that are being started included. */
  readonly workers: number;
  /** Threads of each worker on a CPU. */
  readonly threads: number;
  /** The weights' type, for example `int8`. */
  readonly dtype: string;
  /** Longest pair in tokens. */
  readonly maxLength: number;
  /** The function that turns a logit into a score: `sigmoid`, `tanh` or `identity`. */
  readonly activation: string;
  /** The server's version. */
  readonly version: string;
  /** Why `status` is not `ok`; "" when it is. */
  readonly reason: string;
}

/** The state of an engine, from which its health is derived. */
export interface EngineState {
  readonly opened: boolean;
  /** The states of the workers, at least one. */
  readonly workers: readonly BackendStatus[];
  /** Why a worker runs slower than it should, if one does. */
  readonly degraded: string | undefined;
  readonly tokenizer: TokenizerState["status"];
}

/**
 * Derives the health of an engine from its state. `draining` is also set by `server.ts`, as soon as
 * a drain begins; HealthState then keeps it whatever happens to the engine.
 */
export function conditionOf(state: EngineState): Pick<HealthReport, "status" | "reason"> {
  const { opened, workers, degraded, tokenizer } = state;
  const restarting = workers.filter((status) => status === "restarting").length;
  const serves = workers.includes("ok");
  if (!opened || (!serves && restarting === 0 && workers.includes("starting"))) {
    return { status: "starting", reason: "the model is loading" };
  }
  if (!serves && restarting === 0) return { status: "draining", reason: "the server is stopping" };
  if (!serves) {
    const all = workers.length === 1 ? "the inference worker is" : "the inference workers are";
    return { status: "restarting", reason: `${all} being restarted` };
  }
  if (tokenizer === "restarting") {
    return { status: "restarting", reason: "the tokenizer is being restarted" };
  }
  if (restarting > 0) {
    const some = `${restarting} of ${workers.length} inference workers`;
    const reason = `${some} ${restarting === 1 ? "is" : "are"} being restarted`;
    return { status: "degraded", reason };
  }
  return degraded === undefined
    ? { status: "ok", reason: "" }
    : { status: "degraded", reason: degraded };
}

/** The present health, and its subscribers. */
export class HealthState {
  #report: HealthReport;
  readonly #listeners = new Set<(report: HealthReport) => void>();

  constructor(report: HealthReport) {
    this.#report = report;
  }

  get report(): HealthReport {
    return this.#report;
  }

  /**
   * Changes some fields and calls every listener, unless all have their values already. Once
   * `draining`, which `server.ts` sets when a drain begins, the status and its reason stay.
   */
  update(change: Partial<HealthReport>): void {
    const present = this.#report;
    const draining = present.status === "draining";
    const next: HealthReport = {
      ...present,
      ...change,
      ...(draining ? { status: "draining", reason: present.reason } : {}),
    };
    if (
      Object.entries(next).every(([key, value]) => present[key as keyof HealthReport] === value)
    ) {
      return;
    }
    this.#report = next;
    for (const listener of [...this.#listeners]) listener(this.#report);
  }

  /** Calls `listener` when requests are answered for the first time from now on. */
  onceServing(listener: () => void): void {
    if (isServing(this.#report)) {
      listener();
      return;
    }
    const unsubscribe = this.subscribe((report) => {
      if (!isServing(report)) return;
      unsubscribe();
      listener();
    });
  }

  /** Calls `listener` after every change, until the returned function is called. */
  subscribe(listener: (report: HealthReport) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
