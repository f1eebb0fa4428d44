import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { StartupError } from "../../../src/errors.ts";
import { createMetricsServer } from "../../../src/server/listen/metrics-server.ts";
import { createRecordingLogger } from "../../fakes/recording-logger.ts";
import { connectRaw, sendHttp1 } from "../http-client.ts";

const metrics = async () => ({ contentType: "text/plain", text: "a 1\n" });

suite("createMetricsServer()", () => {
  test("answers GET /metrics, and nothing else", async () => {
    const server = createMetricsServer({ metrics, log: createRecordingLogger() });
    const { port } = await server.listen({ host: "127.0.0.1", port: 0 });
    const url = `http://127.0.0.1:${port}`;

    const answer = await sendHttp1(`${url}/metrics`);
    const statuses = [
      (await sendHttp1(`${url}/rerank`, { body: "{}" })).status,
      (await sendHttp1(`${url}/health`)).status,
    ];
    await server.close();

    assert.deepEqual([answer.status, answer.text], [200, "a 1\n"]);
    assert.deepEqual(statuses, [404, 404]);
    await assert.rejects(sendHttp1(`${url}/metrics`));
  });

  test("says where it cannot listen", async () => {
    const log = createRecordingLogger();
    const first = createMetricsServer({ metrics, log });
    const { port } = await first.listen({ host: "127.0.0.1", port: 0 });
    const second = createMetricsServer({ metrics, log });

    await assert.rejects(second.listen({ host: "127.0.0.1", port }), StartupError);
    await first.close();
  });

  test("closes connections that are open", async (context) => {
    const server = createMetricsServer({ metrics, log: createRecordingLogger() });
    const { port } = await server.listen({ host: "127.0.0.1", port: 0 });
    const raw = await connectRaw(context, port);

    await server.close();

    await raw.closed;
  });
});
