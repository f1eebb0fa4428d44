import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, type ServiceImpl } from "@connectrpc/connect";
import {
  type Health,
  HealthCheckResponseSchema,
  HealthCheckResponse_ServingStatus as ServingStatus,
} from "../../../../gen/grpc/health/v1/health_pb.ts";
import { shorten } from "../../../characters.ts";
import { type HealthState, isServing } from "../../../engine/health-state.ts";
import { RerankError } from "../../../errors.ts";

/** The dependencies of the health service. */
export interface HealthServiceOptions {
  readonly health: HealthState;
  /** Full names of the services whose status can be asked for, beside "" for the whole server. */
  readonly services: readonly string[];
  /**
   * Aborts when the server begins to drain, which ends every Watch after it sent the last status.
   */
  readonly drainSignal: AbortSignal;
}

/** Most characters of an unknown name that an error message repeats. */
const maxEchoChars = 128;

/** Returns `grpc.health.v1.Health`. Every service shares one model, so all have the same status. */
export function createHealthService(options: HealthServiceOptions): ServiceImpl<typeof Health> {
  const { health } = options;
  const names = ["", ...options.services];
  const present = (): ServingStatus =>
    isServing(health.report) ? ServingStatus.SERVING : ServingStatus.NOT_SERVING;
  const isKnown = (service: string): boolean => names.includes(service);
  return {
    check({ service }) {
      if (isKnown(service)) return { status: present() };
      const name = shorten(service, maxEchoChars);
      throw new ConnectError(`there is no service \`${name}\``, Code.NotFound);
    },
    watch: ({ service }, { signal }) =>
      watchStatus(
        () => (isKnown(service) ? present() : ServingStatus.SERVICE_UNKNOWN),
        options,
        signal,
      ),
    list: () => {
      const response = create(HealthCheckResponseSchema, { status: present() });
      return { statuses: Object.fromEntries(names.map((name) => [name, response])) };
    },
  };
}

async function* watchStatus(
  present: () => ServingStatus,
  { health, drainSignal }: HealthServiceOptions,
  callSignal: AbortSignal,
): AsyncGenerator<{ status: ServingStatus }> {
  let wake = (): void => undefined;
  const onChange = (): void => wake();
  const unsubscribe = health.subscribe(onChange);
  drainSignal.addEventListener("abort", onChange);
  callSignal.addEventListener("abort", onChange);
  try {
    let last: ServingStatus | undefined;
    while (!callSignal.aborted) {
      // Made before the status is read, so that a change in between is not missed.
      const changed = new Promise<void>((resolve) => {
        wake = resolve;
      });
      const status = present();
      if (status !== last) {
        last = status;
        yield { status };
        continue;
      }
      if (drainSignal.aborted) throw new RerankError("unavailable", "the server is stopping");
      await changed;
    }
  } finally {
    unsubscribe();
    drainSignal.removeEventListener("abort", onChange);
    callSignal.removeEventListener("abort", onChange);
  }
}
