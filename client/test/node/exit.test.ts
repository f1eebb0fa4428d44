import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { suite, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startServer } from "../../../test/server/start-server.ts";
import { transportNames } from "../connect-client.ts";

const run = promisify(execFile);
const childPath = fileURLToPath(new URL("../client-child.js", import.meta.url));

suite("a process with a client", () => {
  for (const transport of transportNames) {
    for (const then of ["close", "leave open"]) {
      test(`ends by itself over ${transport} (${then}), and loads no more than it needs`, async (context) => {
        const { url } = await startServer(context);

        const { stdout } = await run(process.execPath, [childPath, url, transport, then]);

        const needed = transport === "grpc-js" ? ["@grpc/grpc-js"] : [];
        assert.deepEqual(JSON.parse(stdout), needed);
      });
    }
  }
});
