import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite, test } from "node:test";
import { startServer } from "../../../test/server/start-server.ts";
import { packageRoot } from "../../../test/server-process.ts";
import { connectClient, hasCode, transportNames } from "../connect-client.ts";
import { startWireServer } from "../wire-server.ts";

const fixture = (name: string): Buffer =>
  readFileSync(join(packageRoot, "test", "fixtures", "tls", name));

const cert = fixture("cert.pem");
const key = fixture("key.pem");

/** UNAUTHENTICATED, as gRPC and as Connect tell it. */
const refusal = {
  grpc: { ":status": 200, "content-type": "application/grpc", "grpc-status": "16" },
  connect: { ":status": 401, "content-type": "text/plain" },
};

for (const transport of transportNames) {
  const answer = transport === "connect" ? refusal.connect : refusal.grpc;

  suite(`the headers of a client over ${transport}`, () => {
    test("carry the API key and the client's own, on calls and streams", async (context) => {
      const { url, received } = await startWireServer(context, answer);
      const headers = { "X-Team": "search" };
      const client = connectClient(context, { url, transport, apiKey: "a-key", headers });
      const candidates = [{ text: "a", similarity: 1 }];

      const rejected = hasCode("unauthenticated");
      await assert.rejects(client.rerank({ query: "q", documents: [] }), rejected);
      await assert.rejects(client.rerankOrFallback("q", candidates), rejected);
      await assert.rejects(client.rerankStream([])[Symbol.asyncIterator]().next(), rejected);

      assert.deepEqual(
        received.map((sent) => [sent.authorization, sent["x-team"]]),
        Array(3).fill(["Bearer a-key", "search"]),
      );
    });
  });

  suite(`TLS of a client over ${transport}`, () => {
    test("trusts the CA that it is given", async (context) => {
      const { url } = await startServer(context, { tls: { cert, key } });
      const client = connectClient(context, { url, transport, tls: { ca: `${cert}` } });

      assert.equal((await client.rerank({ query: "q", documents: ["a"] })).model, "fake-model");
    });

    test("trusts nobody else, and looks at the name", async (context) => {
      const { url } = await startServer(context, { tls: { cert, key } });
      const stranger = connectClient(context, { url, transport });
      const tls = { ca: cert, serverName: "elsewhere.example" };
      const misled = connectClient(context, { url, transport, tls });

      await assert.rejects(stranger.health(), hasCode("unavailable"));
      await assert.rejects(misled.health(), hasCode("unavailable"));
    });

    test("looks at an address like at a name, without sending it as one", async (context) => {
      const { url, port } = await startServer(context, { tls: { cert, key } });
      const byAddress = connectClient(context, {
        url: `https://localhost:${port}`,
        transport,
        tls: { ca: cert, serverName: "127.0.0.1" },
      });
      const tls = { ca: cert, serverName: "127.0.0.2" };
      const misled = connectClient(context, { url, transport, tls });

      assert.equal((await byAddress.health()).model, "fake-model");
      await assert.rejects(misled.health(), hasCode("unavailable"));
    });

    test("takes any certificate where it is told to", async (context) => {
      const { port } = await startServer(context, { tls: { cert, key } });
      const tls = { serverName: "elsewhere.example", rejectUnauthorized: false };
      const url = `https://127.0.0.1:${port}`;
      const client = connectClient(context, { url, transport, tls });

      assert.equal((await client.health()).model, "fake-model");
    });

    test("shows its own certificate to a server that asks", async (context) => {
      const mutual = { cert, key, ca: cert, requestCert: true, rejectUnauthorized: true };
      const { url, received } = await startWireServer(context, answer, { tls: mutual });
      const known = connectClient(context, { url, transport, tls: { ca: cert, cert, key } });
      const unknown = connectClient(context, { url, transport, tls: { ca: cert } });

      await assert.rejects(known.health(), hasCode("unauthenticated"));
      await assert.rejects(unknown.health(), hasCode("unavailable"));

      assert.equal(received.length, 1);
    });
  });
}
