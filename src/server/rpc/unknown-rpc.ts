import { Code } from "@connectrpc/connect";
import { nearestPath } from "../call/nearest-path.ts";
import type { RpcStatus } from "./rpc-status.ts";

/** The last two parts of an RPC's path, in the usual spelling: `/package.Service/Method`. */
const rpcPattern = /\/(?:\w+\.)+[A-Z]\w*\/[A-Z]\w*$/;

/** Whether a path that is no RPC of this server looks like one. */
export function looksLikeRpc(path: string): boolean {
  return rpcPattern.test(path);
}

/** Returns the status of a call to an RPC that does not exist. `known` are the paths of those that do. */
export function unknownRpc(path: string, known: Iterable<string>): RpcStatus {
  const paths = [...known];
  const services = [...new Set(paths.map((candidate) => candidate.split("/", 2)[1]))];
  const meant = nearestPath(path, paths);
  const hint =
    meant === undefined ? `services: ${services.join(", ")}` : `did you mean \`${meant}\`?`;
  return {
    code: Code.Unimplemented,
    message: `there is no such method; ${hint}`,
    httpStatus: 404,
  };
}
