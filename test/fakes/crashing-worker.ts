import { parentPort, workerData } from "node:worker_threads";
import { openSession, type Session } from "../../src/inference/session/session.ts";
import { serveSession } from "../../src/inference/worker/worker-loop.ts";

/** First ids that make this worker misbehave instead of computing. */
export const crashCommands = {
  throwUncaught: 901,
  exit: 902,
  failPlainly: 903,
  note: 904,
} as const;

if (parentPort !== null) {
  await serveSession(parentPort, async (hooks): Promise<Session> => {
    const session = await openSession(workerData, hooks);
    return {
      ...session,
      run: async (batch) => {
        switch (batch.inputIds[0]) {
          case crashCommands.throwUncaught:
            setImmediate(() => {
              throw new Error("secret detail of a crash");
            });
            return await new Promise(() => {});
          case crashCommands.exit:
            process.exit(3);
            break;
          case crashCommands.failPlainly:
            throw new Error("secret detail of a failure");
          case crashCommands.note:
            hooks.onNote?.("something to know");
            break;
        }
        return await session.run(batch);
      },
    };
  });
}
