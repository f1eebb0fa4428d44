import { type ChannelOptions, credentials } from "@grpc/grpc-js";
import type { Addresses } from "../../call/server-address.ts";
import type { ClientTlsOptions } from "../client-options.ts";
import type { ClientSettings } from "../client-settings.ts";
import { idleTimeoutMs, pingIntervalMs, pingTimeoutMs } from "../transport-limits.ts";
import { tlsCredentialsOf } from "./credentials.ts";
import { addressListScheme } from "./resolver.ts";
import { retryBuffersOf, retryConfig } from "./retry-policy.ts";

/** The first wait before a broken connection is opened again, in milliseconds. */
const initialReconnectMs = 500;

/** The longest, in milliseconds; grpc-js would wait two minutes for a server that is back. */
const maxReconnectMs = 5_000;

/** Returns the target of a channel. */
export function targetOf(addresses: Addresses): string {
  const [{ hostPort, socketPath }, ...others] = addresses;
  if (socketPath !== undefined) return `unix:${socketPath}`;
  if (others.length === 0) return `dns:${hostPort}`;
  return `${addressListScheme}:${addresses.map(({ hostPort }) => hostPort).join(",")}`;
}

/** Returns the options of a channel. */
export function channelOptionsOf({ maxMessageBytes }: ClientSettings): ChannelOptions {
  return {
    "grpc.service_config": JSON.stringify({
      // Every call goes to the next address that is connected.
      loadBalancingConfig: [{ round_robin: {} }],
      ...retryConfig,
    }),
    // The configuration is the one above; DNS is not asked for another.
    "grpc.service_config_disable_resolution": 1,
    "grpc.keepalive_time_ms": pingIntervalMs,
    "grpc.keepalive_timeout_ms": pingTimeoutMs,
    "grpc.keepalive_permit_without_calls": 0,
    "grpc.client_idle_timeout_ms": idleTimeoutMs,
    "grpc.initial_reconnect_backoff_ms": initialReconnectMs,
    "grpc.max_reconnect_backoff_ms": maxReconnectMs,
    "grpc.max_receive_message_length": maxMessageBytes,
    "grpc.max_send_message_length": maxMessageBytes,
    ...retryBuffersOf(maxMessageBytes),
    // The connections are this client's own, so that close() closes them.
    "grpc.use_local_subchannel_pool": 1,
    // The other transports take no proxy from the environment either.
    "grpc.enable_http_proxy": 0,
  };
}

/**
 * Returns the credentials of a channel. Where there are several addresses, the certificates of all
 * must be for the host of the first, as gRPC has one name for all servers of a channel.
 */
export function credentialsOf([{ secure, hostPort }]: Addresses, tls: ClientTlsOptions) {
  if (!secure) return credentials.createInsecure();
  return tlsCredentialsOf(tls, hostPort.slice(0, hostPort.lastIndexOf(":")));
}
