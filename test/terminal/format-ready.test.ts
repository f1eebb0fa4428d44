import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { formatReady, type ReadyModel, type ReadyServer } from "../../src/terminal/format-ready.ts";

const model: ReadyModel = {
  model: "tiny",
  source: "folder",
  directory: "/models/tiny",
  dtype: "int8",
  device: "cpu",
  workers: 1,
  threads: 2,
  maxLength: 512,
};

const server: ReadyServer = {
  version: "1.2.3",
  address: { host: "127.0.0.1", port: 7998 },
  tls: undefined,
  needsApiKey: false,
  models: [model],
  readyMs: 1234,
};

suite("formatReady()", () => {
  test("says what was loaded, from where and how fast, with an address and a command", () => {
    assert.equal(
      formatReady(server, false),
      `
  rerankd 1.2.3 is ready, after 1.2 s

  model    tiny (folder): int8 on cpu, 2 threads, pairs of up to 512 tokens
  files    /models/tiny
  address  http://127.0.0.1:7998/
  to try   curl -s http://127.0.0.1:7998/rerank -H 'Content-Type: application/json' -d '{"query":"red fruit","documents":["a blue bus","an apple"]}'

`,
    );
  });

  test("names an address of this machine for one of every interface, with brackets for IPv6", () => {
    const at = (host: string) => formatReady({ ...server, address: { host, port: 1 } }, false);

    assert.match(at("0.0.0.0"), /address {2}http:\/\/127\.0\.0\.1:1\/$/m);
    assert.match(at("::"), /address {2}http:\/\/\[::1\]:1\/$/m);
  });

  test("gives the command what TLS, keys and a socket need", () => {
    const closed = formatReady(
      {
        ...server,
        needsApiKey: true,
        tls: { certPath: "/a folder/it's.pem", needsClientCert: true },
      },
      false,
    );
    const socket = formatReady({ ...server, address: { path: "/run/r.sock" } }, false);

    assert.match(
      closed,
      /curl -s --cacert '\/a folder\/it'\\''s\.pem' --cert client\.pem --key client-key\.pem https:/,
    );
    assert.match(closed, /-H "Authorization: Bearer \$RERANKER_API_KEY"/);
    assert.match(socket, /address {2}unix:\/run\/r\.sock$/m);
    assert.match(socket, /curl -s --unix-socket \/run\/r\.sock http:\/\/localhost\/rerank /);
  });

  test("tells each of several models by its name", () => {
    const other = { ...model, model: "large", device: "cuda", workers: 1, directory: "/l" };
    const text = formatReady({ ...server, models: [model, other] }, false);

    assert.match(
      text,
      /^ {2}model {4}tiny .*\n {2}files {4}\/models\/tiny\n {2}model {4}large \(folder\): int8 on cuda,/m,
    );
    assert.match(text, /^ {2}files {4}\/l$/m);
  });

  test("has colours only where they are wanted", () => {
    assert(formatReady(server, true).includes("\u001B[1m"));
    assert(!formatReady(server, false).includes("\u001B"));
  });

  test("lets no control character of a folder's name through", () => {
    const text = formatReady(
      { ...server, models: [{ ...model, directory: "/a\u001B[2Jb" }] },
      false,
    );

    assert.match(text, /files {4}\/ab$/m);
  });
});
