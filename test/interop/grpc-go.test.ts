import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { TestService } from "./gen/grpc/testing/test_pb.ts";
import { testService } from "./grpc-testing/service.ts";
import { startProtocolServer } from "./protocol-server.ts";
import { interopTool, runTool } from "./tools.ts";

const client = interopTool("bin/client");

/** The cases of gRPC's interoperability tests that need no credentials. */
const cases = [
  "empty_unary",
  "large_unary",
  "client_streaming",
  "server_streaming",
  "ping_pong",
  "empty_stream",
  "timeout_on_sleeping_server",
  "cancel_after_begin",
  "cancel_after_first_response",
  "status_code_and_message",
  "special_status_message",
  "custom_metadata",
  "unimplemented_method",
  "unimplemented_service",
];

suite("grpc-go's interoperability client", { skip: client.skip }, () => {
  for (const name of cases) {
    test(`passes ${name}`, async (context) => {
      const { server, port } = await startProtocolServer({
        addServices: (router) => router.service(TestService, testService),
      });
      context.after(() => server.destroy());

      const { code, stderr } = await runTool(
        client.path,
        "--server_host=127.0.0.1",
        `--server_port=${port}`,
        `--test_case=${name}`,
      );

      assert.equal(code, 0, stderr);
    });
  }
});
