import { useEffect, useState } from "preact/hooks";
import { callForText } from "../logic/call-server.ts";
import { figuresOf, type ServerFigures } from "../logic/metrics.ts";

/** The state of the server as the page has read it; undefined where it is unknown. */
export interface ServerFacts {
  /** As `GET /health` says it; `unknown` before the first answer, `offline` without one. */
  readonly status: string;
  readonly model?: string;
  readonly device?: string;
  readonly dtype?: string;
  readonly maxLength?: number;
  readonly figures?: ServerFigures | undefined;
  /** The names that requests may ask for. */
  readonly models: readonly string[];
  /** Most documents in a request. */
  readonly maxDocuments: number | undefined;
  /** Whether the server refused to answer without an API key, or with the one it got. */
  readonly wantsKey: boolean;
}

const everyMs = 5_000;

/** Follows the server while the page is seen; asks for more than its health where that is allowed. */
export function useServer(apiKey: string | undefined): ServerFacts {
  const [facts, setFacts] = useState<ServerFacts>({
    status: "unknown",
    models: [],
    maxDocuments: undefined,
    wantsKey: false,
  });

  useEffect(() => {
    const gone = new AbortController();
    const options = { fetch: fetch.bind(window), apiKey, signal: gone.signal };
    let fixed: Pick<ServerFacts, "models" | "maxDocuments" | "wantsKey"> | undefined;
    let hasMetrics = true;

    async function look(): Promise<void> {
      if (document.visibilityState === "hidden") return;
      const health = healthOf(await callForText("/health", options));
      if (gone.signal.aborted) return;
      if (health.status === "offline") {
        // Another server may answer next, with other limits.
        fixed = undefined;
        hasMetrics = true;
        setFacts((before) => ({ ...before, status: "offline", figures: undefined }));
        return;
      }
      fixed ??= await askForFixed();
      const metrics =
        hasMetrics && !fixed.wantsKey ? await callForText("/metrics", options) : undefined;
      if (metrics !== undefined && metrics.status !== 200) hasMetrics = false;
      if (gone.signal.aborted) return;
      const figures = metrics?.status === 200 ? figuresOf(metrics.text) : undefined;
      const known = fixed;
      setFacts({ ...health, ...known, figures });
    }

    async function askForFixed(): Promise<NonNullable<typeof fixed>> {
      const list = await callForText("/v1/models", options);
      if (list?.status === 401) return { models: [], maxDocuments: undefined, wantsKey: true };
      const info = await callForText("/info", options);
      const { data } = jsonOf(list?.text) as { readonly data?: readonly { readonly id: string }[] };
      const { max_client_batch_size } = jsonOf(info?.text) as {
        readonly max_client_batch_size?: number;
      };
      return {
        models: data?.map(({ id }) => id) ?? [],
        maxDocuments: max_client_batch_size,
        wantsKey: false,
      };
    }

    const lookNow = (): void => void look();
    lookNow();
    const timer = setInterval(lookNow, everyMs);
    document.addEventListener("visibilitychange", lookNow);
    return () => {
      gone.abort();
      clearInterval(timer);
      document.removeEventListener("visibilitychange", lookNow);
    };
  }, [apiKey]);
  return facts;
}

/** Health is answered with 503 and the same fields while the server is not ready. */
function healthOf(
  answer: Awaited<ReturnType<typeof callForText>>,
): Pick<ServerFacts, "status" | "model" | "device" | "dtype" | "maxLength"> {
  if (answer === undefined) return { status: "offline" };
  const { status, model, device, dtype, max_length } = jsonOf(answer.text) as {
    readonly [name: string]: string | undefined;
  };
  return {
    status: status ?? "offline",
    ...(model && { model }),
    ...(device && { device }),
    ...(dtype && { dtype }),
    ...(max_length && { maxLength: Number(max_length) }),
  };
}

/** Returns an object; an empty one where the text is none. */
function jsonOf(text: string | undefined): object {
  try {
    const value: unknown = JSON.parse(text ?? "");
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
}
