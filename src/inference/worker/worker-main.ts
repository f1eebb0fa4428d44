import { parentPort, workerData } from "node:worker_threads";
import { returnMemory } from "../../return-memory.ts";
import { openSession } from "../session/session.ts";
import type { OpenSessionOptions } from "../session/session-options.ts";
import { serveSession } from "./worker-loop.ts";

if (parentPort === null) throw new Error("this file is the entry of a worker thread");
const options: OpenSessionOptions = workerData;
await serveSession(parentPort, (hooks) => openSession(options, hooks));
await returnMemory();
