import { renderToString } from "preact-render-to-string";
import type { ProtoDoc } from "../describe-proto.ts";
import { GrpcReference } from "./grpc-reference.tsx";
import { HttpReference } from "./http-reference.tsx";
import type { OpenApi } from "./openapi-types.ts";

/** Returns the page about the plain JSON routes, as what stands in its `body`. */
export function renderHttpReference(openApi: OpenApi): string {
  return renderToString(<HttpReference openApi={openApi} />);
}

/** Returns the page about the gRPC contract, as what stands in its `body`. */
export function renderGrpcReference(files: readonly ProtoDoc[]): string {
  return renderToString(<GrpcReference files={files} />);
}
