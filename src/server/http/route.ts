import type { HealthState } from "../../engine/health-state.ts";
import type { Reranker } from "../../reranker/rerank-request.ts";
import type { MetricsText } from "../../telemetry/server-observer.ts";
import type { Call, ServerRequest } from "../call/call.ts";
import type { ServerLimits } from "../limits.ts";
import type { ServingInfo } from "../serving-info.ts";
import type { PrecompressedText } from "./content-coding.ts";
import type { ErrorShape } from "./error-shapes.ts";
import type { Answer } from "./send-json.ts";

/** What a route is given. */
export interface RouteContext {
  readonly request: ServerRequest;
  readonly call: Call;
  /** What stands in the path for `{id}`, decoded; "" on paths without it. */
  readonly pathId: string;
  /** How an error looks from now on: the route's shape, until the body tells another dialect. */
  errorShape: ErrorShape;
}

/** One path and method of the plain JSON dialects. */
export interface Route {
  readonly method: "GET" | "POST";
  /** The exact path; or one that ends in `{id}`, which stands for the rest, slashes and all. */
  readonly path: string;
  /** Whether it is a probe, which is logged at debug. */
  readonly probe: boolean;
  /** Who may ask where the server has API keys: everybody, or callers with one. Default: `key`. */
  readonly access?: "open" | "key";
  /** How an error looks as long as the body has not told the dialect. */
  readonly errorShape: ErrorShape;
  /** Returns the answer, or throws a RerankError or an HttpError. */
  handle(context: RouteContext): Promise<Answer>;
}

/** What the routes work with. */
export interface RouteOptions {
  readonly reranker: Reranker;
  readonly health: HealthState;
  readonly limits: ServerLimits;
  readonly serving: ServingInfo;
  /** Returns what `GET /metrics` answers; undefined: there is no such route. */
  readonly metrics?: (() => Promise<MetricsText>) | undefined;
  /** Who may ask for them. Default: `key`. */
  readonly metricsAccess?: Route["access"] | undefined;
  /** What `GET /` answers, in HTML; undefined: there is no such route. */
  readonly page?: PrecompressedText | undefined;
}
