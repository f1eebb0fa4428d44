import { isIPv4 } from "node:net";

/** Returns whether only this machine can reach an address to listen on. */
export function isLoopback(host: string): boolean {
  if (host === "localhost" || host === "::1") return true;
  return isIPv4(host) && host.startsWith("127.");
}
