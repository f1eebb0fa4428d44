/**
 * The server under test of the Connect conformance suite: reads from standard input what is wanted,
 * starts, says where it listens, and serves until it is told to end.
 */
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  ServerCompatRequestSchema,
  ServerCompatResponseSchema,
} from "../gen/connectrpc/conformance/v1/server_compat_pb.ts";
import { ConformanceService } from "../gen/connectrpc/conformance/v1/service_pb.ts";
import { startProtocolServer } from "../protocol-server.ts";
import { frameOf, readFrames } from "./frames.ts";
import { conformanceService, registry } from "./service.ts";

const host = "127.0.0.1";

/** Longer than the suite runs, should it forget to end the server. */
const lifetimeMs = 600_000;

const first = await readFrames(process.stdin).next();
const wanted = fromBinary(ServerCompatRequestSchema, first.value ?? new Uint8Array());
const { messageReceiveLimit, serverCreds, clientTlsCert } = wanted;
const tls = serverCreds && {
  cert: Buffer.from(serverCreds.cert),
  key: Buffer.from(serverCreds.key),
  ...(clientTlsCert.length > 0 && { clientCa: Buffer.from(clientTlsCert) }),
};
const { port } = await startProtocolServer({
  addServices(router) {
    const jsonOptions = { useProtoFieldName: true, alwaysEmitImplicit: true, registry };
    router.service(ConformanceService, conformanceService, { jsonOptions });
  },
  ...(messageReceiveLimit > 0 && { limits: { maxBodyBytes: messageReceiveLimit } }),
  ...(wanted.useTls && { tls }),
});
const answer = create(ServerCompatResponseSchema, {
  host,
  port,
  ...(wanted.useTls && serverCreds && { pemCert: serverCreds.cert }),
});
process.stdout.write(frameOf(toBinary(ServerCompatResponseSchema, answer)));
process.once("SIGTERM", () => process.exit());
setTimeout(() => process.exit(1), lifetimeMs);
