import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { clientCells } from "../../scripts/docs/compatibility-table.ts";
import { packageRoot } from "../server-process.ts";
import { type CheckedServer, startCheckedServer } from "./checked-server.ts";
import { checks } from "./checks.ts";
import { javascriptClients } from "./javascript/javascript-clients.ts";
import { checkNames } from "./real-client.ts";

const titles = {
  ranks: "gets the server's order and scores",
  top_n: "gets as many results as it asks for",
  documents: "gets the documents back",
  "wrong model": "reports which models are served",
  "too many documents": "reports how many documents are allowed",
  "oversize body": "reports how large a body may be",
  overload: "tries again after an overload, or reports it",
  stop: "reports a server that stops before it has answered",
} as const;

for (const client of javascriptClients) {
  suite(`${client.name} of ${client.package}`, () => {
    let server: CheckedServer;
    before(async () => {
      server = await startCheckedServer();
    });
    after(async () => {
      await server.process.stop();
    });

    for (const check of checkNames) {
      if (client.without[check] !== undefined) continue;
      test(titles[check], async () => {
        await checks[check](client, server);
      });
    }
  });
}

suite("docs/compatibility.md", () => {
  const text = readFileSync(join(packageRoot, "docs", "compatibility.md"), "utf8");

  for (const client of javascriptClients) {
    test(`tells of ${client.name} in the version that is tested`, () => {
      const row = `| ${clientCells(client).join(" | ")} |`;
      assert(text.includes(row), "run `npm run test:clients`");
    });
  }

  test("tells of no failure", () => {
    assert.doesNotMatch(text, /FAILS/);
  });
});
