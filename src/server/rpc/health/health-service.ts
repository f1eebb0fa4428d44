import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, type ServiceImpl } from "@connectrpc/connect";
import {
  type Health,
  HealthCheckResponseSchema,
  HealthCheckResponse_ServingStatus as ServingStatus,
} from "../../../../gen/grpc/health/v1/health_pb.ts";
import { shorten } from "../../../characters.ts";
import { isServing } from "../../../engine/health-state.ts";
import { RerankError } from "../../../errors.ts";
import type { ServedModels } from "../../models/served-models.ts";

/** The dependencies of the health service. */
export interface HealthServiceOptions {
  readonly models: ServedModels;
  /**
   * Full names of the services whose status can be asked for, beside "" for the whole server and the
   * names of the models.
   */
  readonly services: readonly string[];
  /**
   * Aborts when the server begins to drain, which ends every Watch after it sent the last status.
   */
  readonly drainSignal: AbortSignal;
}

/** Most characters of an unknown name that an error message repeats. */
const maxEchoChars = 128;

/**
 * Returns `grpc.health.v1.Health`. A service has the status of the whole server, and the name of a
 * model that model's.
 */
export function createHealthService(options: HealthServiceOptions): ServiceImpl<typeof Health> {
  const { models } = options;
  const services = ["", ...options.services];
  /** Returns undefined for a name that there is not. */
  const statusOf = (service: string): ServingStatus | undefined => {
    const { health } = services.includes(service) ? models : (models.find(service) ?? {});
    if (health === undefined) return undefined;
    return isServing(health.report) ? ServingStatus.SERVING : ServingStatus.NOT_SERVING;
  };
  return {
    check({ service }) {
      const status = statusOf(service);
      if (status !== undefined) return { status };
      const name = shorten(service, maxEchoChars);
      throw new ConnectError(`there is no service \`${name}\``, Code.NotFound);
    },
    watch: ({ service }, { signal }) =>
      watchStatus(() => statusOf(service) ?? ServingStatus.SERVICE_UNKNOWN, options, signal),
    list: () => {
      const entries = [...services, ...models.names].map((name) => [
        name,
        create(HealthCheckResponseSchema, { status: statusOf(name) ?? ServingStatus.UNKNOWN }),
      ]);
      return { statuses: Object.fromEntries(entries) };
    },
  };
}

async function* watchStatus(
  present: () => ServingStatus,
  { models, drainSignal }: HealthServiceOptions,
  callSignal: AbortSignal,
): AsyncGenerator<{ status: ServingStatus }> {
  let wake = (): void => undefined;
  const onChange = (): void => wake();
  const unsubscribe = models.subscribe(onChange);
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
