import type { MetricsText } from "../../telemetry/server-observer.ts";
import type { Call, ServerRequest } from "../call/call.ts";
import type { ServerLimits } from "../limits.ts";
import type { ServedModels } from "../models/served-models.ts";
import type { PrecompressedText } from "./content-coding.ts";
import type { ErrorShape } from "./error-shapes.ts";
import type { RouteDoc } from "./openapi/route-doc.ts";
import type { Answer } from "./send-json.ts";

/** The request, call and error shape that the handler of a route works on. */
export interface RouteContext {
  readonly request: ServerRequest;
  readonly call: Call;
  /** The part of the path in place of `{id}`, decoded; "" on paths without it. */
  readonly pathId: string;
  /**
   * The shape of errors from now on: the route's, until the body turns out to be of another
   * dialect.
   */
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
  /** The shape of errors until the body has shown its dialect. */
  readonly errorShape: ErrorShape;
  /** What `GET /openapi.json` says of it. */
  readonly doc: RouteDoc;
  /** Returns the answer, or throws a RerankError or an HttpError. */
  handle(context: RouteContext): Promise<Answer>;
}

/** The pages for people, in HTML. */
export interface Pages {
  /** What `GET /` answers: a page to try the server on. */
  readonly main: PrecompressedText;
  /** What `GET /docs` answers: the plain JSON routes. */
  readonly docs: PrecompressedText;
  /** What `GET /docs/grpc` answers: the gRPC contract. */
  readonly grpcDocs: PrecompressedText;
}

/** The dependencies of the routes. */
export interface RouteOptions {
  readonly models: ServedModels;
  readonly limits: ServerLimits;
  /** Returns what `GET /metrics` answers; undefined: there is no such route. */
  readonly metrics?: (() => Promise<MetricsText>) | undefined;
  /** Who may ask for them. Default: `key`. */
  readonly metricsAccess?: Route["access"] | undefined;
  /** The pages for people; undefined: there are none. */
  readonly pages?: Pages | undefined;
  /** Who may ask for `GET /openapi.json`; `off`: there is no such route. Default: `open`. */
  readonly descriptionAccess?: "open" | "key" | "off" | undefined;
}
