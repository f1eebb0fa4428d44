import { defaultSettings, type Settings } from "./settings.ts";

/** The contents of a shared link: everything but the API key. */
export interface Shared {
  readonly query: string;
  /** The text box's text. */
  readonly candidates: string;
  readonly settings: Settings;
  /** The settings beside which the first are compared; undefined: none. */
  readonly other: Settings | undefined;
}

/** Longest fragment that is made: chat programs and mail cut longer links. */
const maxFragmentChars = 32_000;

/** Most characters that a link may unfold to. */
const maxUnfoldedBytes = 16_000_000;

const prefix = "v1=";

/**
 * Returns a link's fragment for a state, compressed, without `#`; undefined if it would be longer
 * than links may be. Browsers never send a fragment to a server.
 */
export async function fragmentOf(shared: Shared): Promise<string | undefined> {
  const bytes = new TextEncoder().encode(JSON.stringify(shared));
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  const packed = new Uint8Array(await new Response(stream).arrayBuffer());
  if (packed.length > maxFragmentChars) return undefined;
  const base64 = btoa(Array.from(packed, (byte) => String.fromCharCode(byte)).join(""));
  const safe = base64.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  return safe.length + prefix.length > maxFragmentChars ? undefined : prefix + safe;
}

/** Reads a fragment, with or without `#`; undefined if it is none of ours. */
export async function readFragment(fragment: string): Promise<Shared | undefined> {
  const text = fragment.replace(/^#/, "");
  if (!text.startsWith(prefix)) return undefined;
  try {
    const base64 = text.slice(prefix.length).replaceAll("-", "+").replaceAll("_", "/");
    const packed = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
    return sharedOf(JSON.parse(await unfold(packed)));
  } catch {
    return undefined;
  }
}

/** Rejects where a small link would unfold to something huge. */
async function unfold(packed: Uint8Array<ArrayBuffer>): Promise<string> {
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let text = "";
  for (let bytes = 0; ; ) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    bytes += value.byteLength;
    if (bytes > maxUnfoldedBytes) throw new RangeError("the link unfolds to too much");
    text += decoder.decode(value, { stream: true });
  }
}

/** Anybody can make a link, so nothing of it is taken that the form could not hold. */
function sharedOf(value: unknown): Shared | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { query, candidates, settings, other } = value as Readonly<Record<string, unknown>>;
  if (typeof query !== "string" || typeof candidates !== "string") return undefined;
  return {
    query,
    candidates,
    settings: settingsOf(settings),
    other: other === undefined ? undefined : settingsOf(other),
  };
}

function settingsOf(value: unknown): Settings {
  if (typeof value !== "object" || value === null) return defaultSettings;
  const { topN, rawScores, truncationDirection, longDocuments, model } = value as Readonly<
    Record<string, unknown>
  >;
  return {
    topN: Number.isSafeInteger(topN) && Number(topN) > 0 ? Number(topN) : undefined,
    rawScores: rawScores === true,
    truncationDirection: truncationDirection === "left" ? "left" : "right",
    longDocuments: longDocuments === "windows" ? "windows" : "truncate",
    model: typeof model === "string" ? model.slice(0, 200) : undefined,
  };
}
