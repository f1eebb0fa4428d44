import type { MetricsText } from "../../../telemetry/server-observer.ts";
import { objectError } from "../error-shapes.ts";
import { metricsDoc } from "../openapi/operation.ts";
import type { Route } from "../route.ts";

/** Returns the route `GET /metrics`, in Prometheus' text format. It is logged as a probe is. */
export function metricsRoute(
  metrics: () => Promise<MetricsText>,
  access: Route["access"] = "key",
): Route {
  return {
    method: "GET",
    path: "/metrics",
    probe: true,
    access,
    errorShape: objectError,
    doc: metricsDoc,
    async handle() {
      return { status: 200, ...(await metrics()) };
    },
  };
}
