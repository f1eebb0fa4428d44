import { createCallers } from "./callers.ts";
import { type Load, type LoadOptions, startLoad } from "./load.ts";
import { type RealServer, type RealServerOptions, startRealServer } from "./real-server.ts";
import type { Tally } from "./tally.ts";

/** Answers before and after a fault that show that the server served. */
const someAnswers = 30;

/** What a fault may do to a server under load. */
export interface Scene {
  readonly server: RealServer;
  readonly load: Load;
}

/**
 * Starts a server and calls it over every protocol, breaks something once calls are answered, and
 * sees that calls are answered afterwards as well. The server and the calls are ended whatever
 * happens.
 */
export async function breakUnderLoad<Result>(
  breakIt: (scene: Scene) => Promise<Result>,
  options: RealServerOptions & Partial<Pick<LoadOptions, "perCaller" | "pauseMs">> = {},
): Promise<{ readonly result: Result; readonly tally: Tally }> {
  const { perCaller = 2, pauseMs = 5, ...serverOptions } = options;
  const server = await startRealServer(serverOptions);
  const callers = createCallers(server.port);
  const load = startLoad({ callers, perCaller, pauseMs });
  try {
    await load.answered(someAnswers);
    const result = await breakIt({ server, load });
    await load.answered(someAnswers);
    return { result, tally: await load.stop() };
  } finally {
    await load.stop();
    for (const caller of callers) caller.close();
    await server.end("SIGKILL");
  }
}
