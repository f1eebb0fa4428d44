import { isIPv4 } from "node:net";

/** Whether an address to listen on is reached from this machine alone. */
export function isLoopback(host: string): boolean {
  if (host === "localhost" || host === "::1") return true;
  return isIPv4(host) && host.startsWith("127.");
}
