import { type HealthReport, type HealthState, isServing } from "../../engine/health-state.ts";

/** What the health of a server is made of. */
interface ModelHealth {
  readonly names: readonly [string, ...string[]];
  readonly health: HealthState;
}

/**
 * Returns the health of a server with these models, what it runs being told of the first. It is
 * `starting` until each model is loaded. From then on requests are answered as long as one model
 * serves, and it is `degraded` while another does not, or does slower: a balancer that took the
 * whole server out for one model would take the others from their callers.
 */
export function healthOfAll(models: readonly [ModelHealth, ...ModelHealth[]]): HealthReport {
  const [first] = models;
  const { report } = first.health;
  if (models.length === 1) return report;
  const troubled = models.filter(({ health }) => health.report.status !== "ok");
  if (troubled.length === 0) return report;
  const reason = troubled
    .map(({ names: [name], health }) => `\`${name}\`: ${health.report.reason}`)
    .join("; ");
  return { ...report, status: statusOf(models), reason };
}

function statusOf(models: readonly ModelHealth[]): HealthReport["status"] {
  const statuses = models.map(({ health }) => health.report.status);
  for (const status of ["draining", "starting"] as const) {
    if (statuses.includes(status)) return status;
  }
  return models.some(({ health }) => isServing(health.report)) ? "degraded" : "restarting";
}
