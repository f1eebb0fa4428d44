import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Clock } from "../../clock.ts";
import type { Environment } from "../../config/options/parse-options.ts";
import { type HealthReport, type HealthState, isServing } from "../../engine/health-state.ts";
import type { Logger } from "../../telemetry/log.ts";

/** The dependencies of the notifier. */
export interface SystemdNotifierOptions {
  /**
   * `NOTIFY_SOCKET` says that systemd listens, `WATCHDOG_USEC` how often it expects a keep-alive,
   * in microseconds. systemd sets both; without the first nothing is ever sent.
   */
  readonly env: Environment;
  readonly health: HealthState;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Reports the server's health to systemd until it is closed. */
export interface SystemdNotifier {
  /** Stops reporting; resolves when the messages under way have been sent. Never rejects. */
  close(): Promise<void>;
}

/** systemd takes a message within milliseconds; a sender that hangs must not hold up the end. */
const sendTimeoutMs = 5000;

/** Keep-alives come at half the asked interval, as sd_watchdog_enabled(3) advises. */
const keepAliveShare = 0.5;

const microsecondsPerMs = 1000;

const run = promisify(execFile);

/**
 * Notifies systemd when the server is ready, when it drains, and of its state, and sends
 * keep-alives to its watchdog as long as the event loop runs and the server is ready: a server that
 * is not ready for the watchdog's whole interval is restarted. The messages are datagrams to a Unix
 * socket, which Node cannot send, so systemd's own program does; the unit needs `NotifyAccess=all`
 * for that.
 */
export function startSystemdNotifier(options: SystemdNotifierOptions): SystemdNotifier {
  const { env, health, clock, log } = options;
  const { NOTIFY_SOCKET, PATH, WATCHDOG_USEC } = env;
  if (!NOTIFY_SOCKET) return { close: async () => {} };

  const keepAliveMs = (Number(WATCHDOG_USEC ?? 0) / microsecondsPerMs) * keepAliveShare;
  const childEnv = { NOTIFY_SOCKET, ...(PATH === undefined ? {} : { PATH }) };
  let ready = false;
  let failed = false;
  let waiting = 0;
  let sent: Promise<void> = Promise.resolve();
  let cancelKeepAlive = (): void => {};

  const send = (...assignments: readonly string[]): void => {
    waiting += 1;
    sent = sent.then(async () => {
      try {
        await run("systemd-notify", assignments, { env: childEnv, timeout: sendTimeoutMs });
      } catch (err) {
        if (!failed) log.warn({ err }, "systemd cannot be told: `systemd-notify` failed");
        failed = true;
      } finally {
        waiting -= 1;
      }
    });
  };

  const keepAlive = (): void => {
    cancelKeepAlive = clock.after(keepAliveMs, () => {
      keepAlive();
      if (waiting === 0 && isServing(health.report)) send("WATCHDOG=1");
    });
  };

  const tell = (report: HealthReport): void => {
    const status = `STATUS=${statusText(report)}`;
    if (report.status === "draining") {
      cancelKeepAlive();
      send("STOPPING=1", status);
    } else if (isServing(report) && !ready) {
      ready = true;
      send("READY=1", status);
      if (keepAliveMs > 0) keepAlive();
    } else send(status);
  };

  tell(health.report);
  const unsubscribe = health.subscribe(tell);
  return {
    async close() {
      unsubscribe();
      cancelKeepAlive();
      await sent;
    },
  };
}

/** Returns the line that `systemctl status` shows. */
function statusText({ status, reason, model, device, dtype }: HealthReport): string {
  const serving = `serving ${model} on ${device}, ${dtype}`;
  const text = status === "ok" ? serving : `${status}: ${reason}`;
  return text.replaceAll(/\s+/g, " ");
}
