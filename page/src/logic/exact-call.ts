import type { RerankBody } from "./settings.ts";

/** The target of a copied call. */
export interface CallTarget {
  /** `http://host:port`, without a path. */
  readonly origin: string;
  /** Whether the server wants a key; calls then read it from `RERANKER_API_KEY`. */
  readonly needsKey: boolean;
}

/** The languages in which a call can be copied. */
export const callLanguages = ["curl", "TypeScript", "Python", "grpcurl"] as const;

/** Largest argument of a program that Linux takes is 128 KiB; longer ones go to its input. */
const maxArgumentChars = 30_000;

/** Returns the call of a ranking as a text to paste. */
export function exactCall(
  language: (typeof callLanguages)[number],
  body: RerankBody,
  target: CallTarget,
): string {
  return writers[language](body, target);
}

const writers: Readonly<
  Record<(typeof callLanguages)[number], (body: RerankBody, target: CallTarget) => string>
> = {
  curl(body, { origin, needsKey }) {
    const json = JSON.stringify(body);
    const key = needsKey ? ` -H "Authorization: Bearer $RERANKER_API_KEY"` : "";
    const start = `curl -s -X POST ${origin}/rerank -H 'Content-Type: application/json'${key}`;
    return isLong(json)
      ? `${start} --data-binary @- ${hereText(json)}`
      : `${start} -d ${quoted(json)}`;
  },

  grpcurl(body, { origin, needsKey }) {
    const { host, port, hostname, protocol } = new URL(origin);
    const isTls = protocol === "https:";
    const address = port === "" ? `${hostname}:${isTls ? 443 : 80}` : host;
    const { truncation_direction, long_documents, ...rest } = body;
    const json = JSON.stringify({
      ...rest,
      ...(truncation_direction && { truncation_direction: "TRUNCATION_DIRECTION_LEFT" }),
      ...(long_documents && { long_documents: "LONG_DOCUMENTS_WINDOWS" }),
    });
    const flags = [
      ...(isTls ? [] : ["-plaintext"]),
      ...(needsKey ? [`-H "authorization: Bearer $RERANKER_API_KEY"`] : []),
      isLong(json) ? "-d @" : `-d ${quoted(json)}`,
    ].join(" ");
    const call = `grpcurl ${flags} ${address} rerank.v1.RerankService/Rerank`;
    return isLong(json) ? `${call} ${hereText(json)}` : call;
  },

  TypeScript(body, { origin, needsKey }) {
    const { query, documents, model, top_n, raw_scores, truncation_direction, long_documents } =
      body;
    const fields = [
      `  query: ${JSON.stringify(query)},`,
      `  documents: ${list(documents)},`,
      ...(model === undefined ? [] : [`  model: ${JSON.stringify(model)},`]),
      ...(top_n === undefined ? [] : [`  topN: ${top_n},`]),
      ...(raw_scores ? ["  rawScores: true,"] : []),
      ...(truncation_direction ? [`  truncationDirection: "${truncation_direction}",`] : []),
      ...(long_documents ? [`  longDocuments: "${long_documents}",`] : []),
    ];
    const key = needsKey ? ", apiKey: process.env.RERANKER_API_KEY" : "";
    return `import { createRerankClient } from "rerankd-client";

const client = createRerankClient({ url: "${origin}"${key} });
const { results } = await client.rerank({
${fields.join("\n")}
});
for (const { index, relevanceScore } of results) console.log(index, relevanceScore);
await client.close();
`;
  },

  Python(body, { origin, needsKey }) {
    const { documents, ...rest } = body;
    const fields = Object.entries(rest).map(([name, value]) => {
      return `    "${name}": ${value === true ? "True" : JSON.stringify(value)},`;
    });
    const key = needsKey
      ? `headers = {"Authorization": "Bearer " + os.environ["RERANKER_API_KEY"]}\n`
      : "";
    return `${needsKey ? "import os\n\n" : ""}import requests

body = {
${fields.join("\n")}
    "documents": ${list(documents, "    ")},
}
${key}answer = requests.post("${origin}/rerank", json=body${needsKey ? ", headers=headers" : ""})
answer.raise_for_status()
for result in answer.json()["results"]:
    print(result["index"], result["relevance_score"])
`;
  },
};

function isLong(text: string): boolean {
  return text.length > maxArgumentChars;
}

/** Returns a text as one word of a POSIX shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** JSON on one line never holds the line that ends it. */
function hereText(json: string): string {
  return `<<'END_OF_JSON'\n${json}\nEND_OF_JSON\n`;
}

/** Returns a list of strings that both TypeScript and Python read. */
function list(texts: readonly string[], indent = "  "): string {
  if (texts.length === 0) return "[]";
  const lines = texts.map((text) => `${indent}  ${JSON.stringify(text)},`);
  return `[\n${lines.join("\n")}\n${indent}]`;
}
