import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, connect } from "node:net";
import { join } from "node:path";
import { suite, type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { createNetworkFetch, readNetworkOptions } from "../../../src/models/hub/network-fetch.ts";
import { repositoryRoot } from "../../golden/golden-cases.ts";
import { makeTempFolder } from "../tiny-model.ts";

const tls = (file: string): string =>
  fileURLToPath(new URL(`test/fixtures/tls/${file}`, repositoryRoot));

async function listen(context: TestContext, server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

const fetchText = async (env: Record<string, string>, url: string): Promise<string> => {
  const fetch = await createNetworkFetch(readNetworkOptions(env));
  return (await fetch(url)).text();
};

suite("createNetworkFetch()", () => {
  test("asks a proxy for http addresses, with what its address says of a user", async (context) => {
    const seen: IncomingMessage[] = [];
    const proxy = createServer((request, response) => {
      seen.push(request);
      response.end("by proxy");
    });
    const port = await listen(context, proxy);

    for (const name of ["http_proxy", "HTTP_PROXY", "ALL_PROXY"]) {
      const env = { [name]: `http://user:secret@127.0.0.1:${port}` };
      assert.equal(await fetchText(env, "http://hub.internal.example/a?b"), "by proxy");
    }
    assert.equal(
      await fetchText({ http_proxy: `127.0.0.1:${port}` }, "http://hub.example/"),
      "by proxy",
    );

    assert.equal(seen[0]?.url, "http://hub.internal.example/a?b");
    const user = `Basic ${Buffer.from("user:secret").toString("base64")}`;
    assert.equal(seen[0]?.headers["proxy-authorization"], user);
  });

  test("goes through a proxy to https addresses, and trusts the named authorities", async (context) => {
    const server = createTlsServer(
      { key: readFileSync(tls("key.pem")), cert: readFileSync(tls("cert.pem")) },
      (_, response) => response.end("by tls"),
    );
    const port = await listen(context, server as unknown as Server);
    const tunnels: string[] = [];
    const proxy = createServer();
    proxy.on("connect", (request, socket) => {
      tunnels.push(request.url ?? "");
      const target = connect(port, "127.0.0.1", () => {
        socket.write("HTTP/1.1 200 OK\r\n\r\n");
        target.pipe(socket).pipe(target);
      });
      context.after(() => target.destroy());
    });
    const proxyPort = await listen(context, proxy);
    const url = `https://localhost:${port}/`;
    const env = { HTTPS_PROXY: `http://127.0.0.1:${proxyPort}` };

    await assert.rejects(fetchText(env, url), { name: "TypeError" });
    const trusting = { ...env, REQUESTS_CA_BUNDLE: tls("cert.pem") };
    assert.equal(await fetchText(trusting, url), "by tls");
    assert.equal(await fetchText({ SSL_CERT_FILE: tls("cert.pem") }, url), "by tls");
    assert.equal(await fetchText({ ...trusting, NO_PROXY: "localhost" }, url), "by tls");

    assert.equal(tunnels.length, 2);
  });

  const refused: readonly (readonly [Record<string, string>, RegExp])[] = [
    [{ HTTPS_PROXY: "socks5://127.0.0.1:1" }, /HTTPS_PROXY must be an http or https address/],
    [{ CURL_CA_BUNDLE: "/nowhere.pem" }, /CURL_CA_BUNDLE names a file that cannot be read/],
  ];
  for (const [env, message] of refused) {
    test(`refuses ${Object.keys(env).join()}`, async () => {
      await assert.rejects(createNetworkFetch(readNetworkOptions(env)), {
        name: "StartupError",
        message,
      });
    });
  }

  test("refuses a file of authorities that holds none", async (context) => {
    const path = join(await makeTempFolder(context), "ca.pem");
    await writeFile(path, "nothing");

    await assert.rejects(createNetworkFetch(readNetworkOptions({ SSL_CERT_FILE: path })), {
      message: /SSL_CERT_FILE must name a PEM file of certificates/,
    });
  });

  test("is the platform's where the environment names nothing", async () => {
    assert.equal(await createNetworkFetch(readNetworkOptions({})), globalThis.fetch);
  });
});
