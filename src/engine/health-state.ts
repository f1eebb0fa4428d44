/** The server's condition; requests are answered only in `ok` and, slower, in `degraded`. */
export type HealthStatus = "ok" | "degraded" | "starting" | "restarting" | "draining";

/** Returns whether requests are answered. */
export function isServing({ status }: { readonly status: string }): boolean {
  return status === "ok" || status === "degraded";
}

/** What `GET /health` and `RerankService.Health` tell. */
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
  /** What becomes of a logit: `sigmoid`, `tanh` or `identity`. */
  readonly activation: string;
  /** The server's version. */
  readonly version: string;
  /** Why `status` is not `ok`; "" when it is. */
  readonly reason: string;
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
   * Changes some fields and tells every listener, unless all have their values already. Once
   * `draining`, the status and its reason stay.
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
