import type { Instruments } from "./instruments.ts";
import { type CallFacts, connectionFaults, type ServerObserver } from "./server-observer.ts";

/**
 * Upper bounds of the buckets for times, in seconds: a ranking of one document, to one of thousands
 * on a CPU.
 */
export const durationBuckets = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
] as const;

/** Stands for a path that is not served, which may be anything. */
const otherRoute = "other";

/** Returns what counts calls and connections. */
export function createRequestMetrics(make: Instruments): ServerObserver {
  const requests = make.counter("rerankd_requests_total", "Calls that ended, probes included.", [
    "protocol",
    "route",
    "code",
    "status",
  ]);
  const durations = make.histogram(
    "rerankd_request_duration_seconds",
    "Time from the headers of a call to the last byte of its answer; streams included.",
    durationBuckets,
    ["protocol", "route"],
  );
  const inFlight = make.gauge("rerankd_requests_in_flight", "Calls that have not ended.");
  const open = make.gauge("rerankd_connections", "Open connections.", ["protocol"]);
  const opened = make.counter("rerankd_connections_total", "Connections that were opened.", [
    "protocol",
  ]);
  const failed = make.counter(
    "rerankd_connection_faults_total",
    "Connections and requests that failed before they became a call.",
    ["reason"],
  );
  // What is not there cannot be alerted on.
  for (const protocol of ["http1", "http2"]) {
    open.set({ protocol }, 0);
    opened.inc({ protocol }, 0);
  }
  for (const reason of connectionFaults) failed.inc({ reason }, 0);

  return {
    callStarted(call) {
      inFlight.inc();
      return {
        ended({ status, code, durationMs }) {
          inFlight.dec();
          const labels = { protocol: protocolOf(call), route: call.route ?? otherRoute };
          requests.inc({ ...labels, code, status: String(status ?? "none") });
          durations.observe(labels, durationMs / 1000);
          return undefined;
        },
      };
    },
    connectionOpened(protocol) {
      open.inc({ protocol });
      opened.inc({ protocol });
      return () => open.dec({ protocol });
    },
    connectionFailed: (reason) => failed.inc({ reason }),
  };
}

function protocolOf({ protocol }: CallFacts): string {
  return protocol === "grpc-web" ? "grpc_web" : protocol;
}
