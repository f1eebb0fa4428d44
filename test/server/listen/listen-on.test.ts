import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { StartupError } from "../../../src/errors.ts";
import { postRerank, sendHttp1 } from "../http-client.ts";
import { createIdleServer, startServer } from "../start-server.ts";

suite("listen()", () => {
  test("returns the port that it was given", async (context) => {
    const server = createIdleServer();
    context.after(() => server.destroy());

    const { host, port } = await server.listen({ host: "127.0.0.1", port: 0 });

    assert.equal(host, "127.0.0.1");
    assert.ok(port > 0);
  });

  test("tells that the port is taken", async (context) => {
    const { port } = await startServer(context);

    await assert.rejects(
      createIdleServer().listen({ host: "127.0.0.1", port }),
      (error) =>
        error instanceof StartupError &&
        error.message.startsWith(`the address 127.0.0.1:${port} is in use`) &&
        /another port/.test(error.hint ?? ""),
    );
  });

  test("tells that the host is not its own, and that the port is none", async () => {
    const isHint = (pattern: RegExp) => (error: unknown) =>
      error instanceof StartupError && pattern.test(`${error.message} ${error.hint}`);

    // An address that RFC 5737 keeps for documentation, so no machine has it.
    await assert.rejects(
      createIdleServer().listen({ host: "192.0.2.1", port: 0 }),
      isHint(/no address of this machine .*127\.0\.0\.1/),
    );
    await assert.rejects(
      createIdleServer().listen({ host: "127.0.0.1", port: 70_000 }),
      isHint(/from 0 to 65535/),
    );
  });

  test("serves again on a port after the server before was destroyed", async (context) => {
    const { server, port, url } = await startServer(context);
    await postRerank(url, { query: "q", documents: [] });
    server.destroy();
    const next = createIdleServer();
    context.after(() => next.destroy());

    await next.listen({ host: "127.0.0.1", port });

    assert.equal((await sendHttp1(`${url}/health`)).status, 503);
  });
});
