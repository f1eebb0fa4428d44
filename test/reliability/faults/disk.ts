import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startHubServer } from "../../fakes/hub-server.ts";
import { tinyHubModel } from "../../models/tiny-model.ts";
import { cleanEnvironment, mainPath } from "../../server-process.ts";
import type { Fault } from "../fault.ts";
import { createTally } from "../tally.ts";

/** Largest file that the limited process may write, in the shell's blocks of 512 bytes. */
const fileBlocks = 200;

/** A pull whose writes fail for real after a while, and one that goes on from there. */
export const diskFull: Fault = {
  name: "the disk becomes full during `rerankd pull`",
  promise: "the error says so, and the next pull goes on where this one stopped",
  async run() {
    const home = await mkdtemp(join(tmpdir(), "rerankd-cache-"));
    const hub = await startHubServer([tinyHubModel()]);
    try {
      const pull = async (shell: string) => {
        const child = spawn(
          "sh",
          ["-c", `${shell}; exec "$@"`, "sh", process.execPath, mainPath, "pull", "owner/tiny"],
          {
            stdio: ["ignore", "ignore", "pipe"],
            env: cleanEnvironment({ HF_HOME: home, HF_ENDPOINT: hub.endpoint }),
          },
        );
        let text = "";
        child.stderr.on("data", (chunk) => {
          text += chunk;
        });
        const [code] = await once(child, "close");
        return { code, text };
      };

      const full = await pull(`ulimit -f ${fileBlocks}`);
      assert.equal(full.code, 1);
      assert.match(full.text, /error: the disk of the model cache .* is full/);
      const again = await pull(":");
      assert.equal(again.code, 0, again.text);
      const last = hub.requests.findLast(({ range }) => range !== undefined);
      assert.match(last?.range ?? "", /^bytes=[1-9]/);
      return {
        happened: `status 1, then a pull from byte ${last?.range?.match(/\d+/)} on`,
        tally: createTally(),
      };
    } finally {
      await hub.close();
      await rm(home, { recursive: true, force: true });
    }
  },
};
