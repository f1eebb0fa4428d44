import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { after, before, suite, test } from "node:test";
import { type ServerProcess, startServerProcess } from "../server-process.ts";
import { interopTool, runTool } from "./tools.ts";

const grpcurl = interopTool("bin/grpcurl");
const probe = interopTool("bin/grpc-health-probe");

suite("grpcurl", { skip: grpcurl.skip }, () => {
  let server: ServerProcess;
  before(async () => {
    server = await startServerProcess();
  });
  after(async () => {
    await server.stop();
  });

  const call = (...args: string[]) =>
    runTool(
      grpcurl.path,
      "-plaintext",
      ...args.slice(0, -1),
      `127.0.0.1:${server.port}`,
      ...args.slice(-1),
    );

  test("lists the services without any .proto", async () => {
    const { stdout } = await call("list");

    assert.deepEqual(stdout.trim().split("\n"), [
      "grpc.health.v1.Health",
      "grpc.reflection.v1.ServerReflection",
      "grpc.reflection.v1alpha.ServerReflection",
      "rerank.v1.RerankService",
      "tei.v1.Info",
      "tei.v1.Rerank",
    ]);
  });

  test("describes services, methods and messages", async () => {
    const service = await runTool(
      grpcurl.path,
      "-plaintext",
      `127.0.0.1:${server.port}`,
      "describe",
      "rerank.v1.RerankService",
    );
    const message = await runTool(
      grpcurl.path,
      "-plaintext",
      `127.0.0.1:${server.port}`,
      "describe",
      "rerank.v1.RerankRequest",
    );

    assert.match(service.stdout, /rpc RerankStream \( stream \.rerank\.v1\.RerankStreamRequest \)/);
    assert.match(message.stdout, /optional int32 top_n = 3;/);
  });

  test("reranks the guide's example", async () => {
    const { stdout } = await call(
      "-d",
      JSON.stringify({
        query: "내일 회의 일정",
        documents: [
          "내일 오후 2시에 품질 미팅이 있습니다",
          "오늘 점심은 김치찌개를 먹었다",
          "금요일에 아키텍처 리뷰 회의 예정",
        ],
      }),
      "rerank.v1.RerankService/Rerank",
    );

    const { results } = JSON.parse(stdout) as { results: { index: number }[] };
    assert.deepEqual(
      results.map(({ index }) => index),
      [0, 2, 1],
    );
  });

  test("sees the status and message of a refusal", async () => {
    const { code, stderr } = await call(
      "-d",
      '{"documents":["d"]}',
      "rerank.v1.RerankService/Rerank",
    );

    assert.notEqual(code, 0);
    assert.match(stderr, /Code: InvalidArgument\s+Message: `query` must not be empty/);
  });

  test("checks health of the server, of a service, and of an unknown one", async () => {
    const check = "grpc.health.v1.Health/Check";

    assert.match((await call(check)).stdout, /"SERVING"/);
    assert.match(
      (await call("-d", '{"service":"rerank.v1.RerankService"}', check)).stdout,
      /"SERVING"/,
    );
    assert.match((await call("-d", '{"service":"nope"}', check)).stderr, /Code: NotFound/);
  });

  test("checks health without a key where there are keys, and ranks with one", async () => {
    const guarded = await startServerProcess(["--api-key=a-long-enough-key"]);
    const ask = (...args: string[]) => {
      const [method = ""] = args.slice(-1);
      const address = `127.0.0.1:${guarded.port}`;
      return runTool(grpcurl.path, "-plaintext", ...args.slice(0, -1), address, method);
    };
    const rerank = ["-d", '{"query":"q","documents":["d"]}', "rerank.v1.RerankService/Rerank"];

    const health = await ask("grpc.health.v1.Health/Check");
    const refused = await ask(...rerank);
    const ranked = await ask("-H", "authorization: Bearer a-long-enough-key", ...rerank);
    await guarded.stop();

    assert.match(health.stdout, /"SERVING"/);
    assert.match(refused.stderr, /Code: Unauthenticated/);
    assert.match(ranked.stdout, /"results"/);
  });

  test("watches health until the server drains", async () => {
    const drained = await startServerProcess();
    const watch = spawn(grpcurl.path, [
      "-plaintext",
      `127.0.0.1:${drained.port}`,
      "grpc.health.v1.Health/Watch",
    ]);
    const ended = once(watch, "exit");
    const statuses: string[] = [];
    let stopping: Promise<unknown> | undefined;
    for await (const line of createInterface({ input: watch.stdout })) {
      const status = /"status": "(\w+)"/.exec(line)?.[1];
      if (!status) continue;
      statuses.push(status);
      stopping ??= drained.stop();
    }

    assert.equal(await stopping, 0);
    await ended;
    assert.deepEqual(statuses, ["SERVING", "NOT_SERVING"]);
  });
});

suite("grpc-health-probe", { skip: probe.skip }, () => {
  test("finds the server healthy, and an unknown service not", async () => {
    const server = await startServerProcess();
    const address = `-addr=127.0.0.1:${server.port}`;

    const healthy = await runTool(probe.path, address);
    const unknown = await runTool(probe.path, address, "-service=nope");
    await server.stop();

    assert.equal(healthy.code, 0);
    assert.match(healthy.stderr, /status: SERVING/);
    assert.equal(unknown.code, 3);
  });
});
