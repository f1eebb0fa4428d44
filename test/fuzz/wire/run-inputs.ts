import { readdirSync } from "node:fs";
import { type InputStatus, isFault } from "./answer-status.ts";
import { type FuzzServer, startFuzzServer } from "./fuzz-server.ts";
import { createHttp1Lane } from "./http1-lane.ts";
import { createHttp2Lane } from "./http2-lane.ts";
import { type Input, makeInput } from "./make-input.ts";
import { probe } from "./probe.ts";
import { sendRaw } from "./raw-connection.ts";
import type { ServerState } from "./server-message.ts";

/** What to run. */
export interface RunOptions {
  readonly seed: number;
  /** The number of the first input. */
  readonly from: number;
  /** How many to run. */
  readonly inputs: number;
  /** Called with the number of inputs that were run. */
  readonly onProgress?: (done: number) => void;
}

/** An input that ended as none may, to be run again by its number. */
export interface FoundFault {
  readonly input: number;
  readonly kind: string;
  readonly status: InputStatus;
}

/** What a run found. */
export interface RunFigures {
  readonly inputs: number;
  readonly seconds: number;
  /** How many inputs of each kind ended with each status. */
  readonly statuses: Readonly<Record<string, Readonly<Record<InputStatus, number>>>>;
  readonly faults: readonly FoundFault[];
  readonly crash: string | undefined;
  readonly failedProbes: number;
  readonly before: ServerState & { readonly fileDescriptors: number };
  readonly after: ServerState & { readonly fileDescriptors: number };
}

/** Inputs that are sent at a time. */
const lanes = 200;

/** How many loopback addresses the connections come from. */
const sourceAddresses = 200;

/** Inputs between two probes. */
const probeEvery = 500;

/** Inputs that bring caches and pools to their size before the first measurement. */
const warmUpInputs = 2_000;

/** How often, and how far apart, the server is measured until its connections are gone. */
const settleTries = 100;
const settleMs = 100;

/** Most faults that are kept. */
const maxKeptFaults = 50;

/** Sends inputs to a server of its own and tells how they ended. */
export async function runInputs(options: RunOptions): Promise<RunFigures> {
  const server = await startFuzzServer();
  try {
    const idle = await server.state();
    await sendAll(server, {
      ...options,
      inputs: Math.min(warmUpInputs, Math.ceil(options.inputs / 4)),
    });
    const before = await settle(server, idle.handles);
    const startedMs = performance.now();
    const sent = await sendAll(server, options);
    const seconds = (performance.now() - startedMs) / 1_000;
    const after = await settle(server, idle.handles);
    return { inputs: options.inputs, seconds, ...sent, crash: server.crash, before, after };
  } finally {
    await server.close();
  }
}

async function sendAll(server: FuzzServer, { seed, from, inputs, onProgress }: RunOptions) {
  const statuses: Record<string, Record<InputStatus, number>> = {};
  const faults: FoundFault[] = [];
  let failedProbes = 0;
  let next = from;
  const runLane = async (lane: number): Promise<void> => {
    const sender = createSender(server.port, lane);
    while (next < from + inputs && server.crash === undefined) {
      const number = next;
      next += 1;
      const input = makeInput(seed, number);
      const status = await sender.send(input);
      const { kind } = input;
      const counts = statuses[kind] ?? {};
      counts[status] = (counts[status] ?? 0) + 1;
      statuses[kind] = counts;
      if (isFault(status) && faults.length < maxKeptFaults) {
        faults.push({ input: number, kind, status });
      }
      if (number % probeEvery === 0) {
        if (!(await probe(server.port))) failedProbes += 1;
        onProgress?.(number - from);
      }
    }
    sender.close();
  };
  await Promise.all(Array.from({ length: lanes }, (_, lane) => runLane(lane)));
  return { statuses, faults, failedProbes };
}

/** Each lane has an address of its own, so that ports which wait after their use do not run out. */
function createSender(port: number, lane: number) {
  const address = `127.0.0.${2 + (lane % sourceAddresses)}`;
  const http1 = createHttp1Lane(port, address);
  const http2 = createHttp2Lane(port);
  return {
    send(input: Input): Promise<InputStatus> {
      if (input.over === "http1") return http1.send(input.request, input.bytes);
      if (input.over === "http2") return http2.send(input.request, input.cancel);
      return sendRaw(port, address, input.bytes);
    },
    close() {
      http1.close();
      http2.close();
    },
  };
}

/** Measures the server once it has as few handles as when it was new, or at the end of patience. */
async function settle(server: FuzzServer, idleHandles: number) {
  let state = await server.state();
  for (let tries = 0; state.handles > idleHandles && tries < settleTries; tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, settleMs));
    state = await server.state();
  }
  return { ...state, fileDescriptors: countFileDescriptors() };
}

/** Returns how many files and sockets this process has open; 0 where the system does not tell. */
function countFileDescriptors(): number {
  try {
    return readdirSync("/proc/self/fd").length;
  } catch {
    return 0;
  }
}
