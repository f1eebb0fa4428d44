import assert from "node:assert/strict";
import { inspect } from "node:util";
import { heavyDocuments, loadServer, ownRequestId, seeBusy } from "./busy-server.ts";
import {
  type CheckedServer,
  maxBodyBytes,
  maxDocuments,
  startCheckedServer,
} from "./checked-server.ts";
import type { CheckName, ClientAnswer, ClientRank, RealClient } from "./real-client.ts";

const query = "내일 회의 일정";
const documents = [
  "오늘 점심은 김치찌개를 먹었다",
  "내일 오후 2시에 품질 미팅이 있습니다",
  "The weather was fine.",
  "금요일에 아키텍처 리뷰 회의 예정",
  "Das Treffen ist morgen um 14 Uhr.",
] as const;

/** How far a score may be from the server's own: what a float32 loses as decimal digits. */
const scoreTolerance = 1e-6;

/**
 * Documents of the loads that are tried in turn: enough to keep a model busy until the client's call
 * is there, and few enough for a client that waits as long as `Retry-After` says.
 */
const loads = [40, 200, 500] as const;

/** Documents of a call that is still running when the server stops. */
const longCallDocuments = 500;

/** How often a call is made that must find the queue empty. */
const maxTries = 20;

/**
 * Checks one thing of a client and returns what is worth telling beside that it went well, or
 * nothing. Throws an AssertionError if it went wrong.
 */
export type Check = (client: RealClient, server: CheckedServer) => Promise<string | undefined>;

/** What is checked of every client. */
export const checks = {
  ranks: async (client, server) => {
    const { url, model } = server;
    const ranks = ranksOf(await client.rerank({ url, model, query, documents }));
    assertAlike(ranks, await reference(server));
    return undefined;
  },
  top_n: async (client, server) => {
    const { url, model } = server;
    const ranks = ranksOf(await client.rerank({ url, model, query, documents, topN: 2 }));
    assertAlike(ranks, (await reference(server)).slice(0, 2));
    return undefined;
  },
  documents: async (client, server) => {
    const { url, model } = server;
    const call = { url, model, query, documents, returnDocuments: true };
    for (const { index, text } of ranksOf(await client.rerank(call))) {
      assert.equal(text, documents[index]);
    }
    return undefined;
  },
  "wrong model": async (client, { url }) => {
    const answer = await client.rerank({ url, model: "no-such-model", query, documents });
    return assertError(client, "wrong model", answer, /must be one that is served/);
  },
  "too many documents": async (client, { url, model }) => {
    const many = Array.from({ length: maxDocuments + 1 }, (_, index) => `document ${index}`);
    const answer = await client.rerank({ url, model, query, documents: many });
    return assertError(
      client,
      "too many documents",
      answer,
      new RegExp(`must hold at most ${maxDocuments} documents`),
    );
  },
  "oversize body": async (client, { url, model }) => {
    const large = ["x".repeat(maxBodyBytes), "y".repeat(maxBodyBytes)];
    const answer = await client.rerank({ url, model, query, documents: large });
    return assertError(
      client,
      "oversize body",
      answer,
      new RegExp(`must be at most ${maxBodyBytes} bytes|larger than`),
    );
  },
  overload: async (client, server) => {
    const { url, model } = server;
    for (const loadDocuments of loads) {
      const load = await loadServer(url, loadDocuments);
      const refused = server.nextRefusal();
      const answering = client.rerank({ url, model, query, documents });
      const first = await Promise.race([refused, answering]);
      await load.stop();
      const answer = await answering;
      // On a fast machine the load may be over before the client's call is there.
      if (first !== undefined && "ranks" in first) continue;
      if ("error" in answer) return assertError(client, "overload", answer, /try again in about/);
      assertAlike(answer.ranks, await reference(server));
      return "the client tries again and is answered";
    }
    assert.fail("the server was never busy when the client's call came");
  },
  stop: async (client) => {
    const server = await startCheckedServer("--drain-timeout-ms=1");
    try {
      const { answering } = await startLongCall(client, server);
      await server.process.stop();
      const message = /the server stopped before the request was done/;
      return assertError(client, "stop", await answering, message);
    } finally {
      await server.process.stop();
    }
  },
} as const satisfies Record<CheckName, Check>;

/** Makes a call that takes long, and resolves while the server works at it. */
async function startLongCall(client: RealClient, { url, model }: CheckedServer) {
  const long = heavyDocuments(longCallDocuments);
  for (let tries = 0; ; tries += 1) {
    const answering = client.rerank({ url, model, query, documents: long, retries: 0 });
    const looking = new AbortController();
    const busy = seeBusy(url, looking.signal);
    const early = await Promise.race([busy, answering]);
    if (early === undefined) return { answering };
    assert(tries < maxTries, `the call ended before the server was busy: ${inspect(early)}`);
    // A look was in the queue when the call came, so it was refused. The next look would be, too.
    looking.abort();
    await busy;
  }
}

function ranksOf(answer: ClientAnswer): readonly ClientRank[] {
  if ("error" in answer) assert.fail(`${answer.error.type}: ${answer.error.message}`);
  return answer.ranks;
}

function assertAlike(actual: readonly ClientRank[], expected: readonly ClientRank[]): void {
  assert.deepEqual(
    actual.map(({ index }) => index),
    expected.map(({ index }) => index),
  );
  expected.forEach(({ score }, position) => {
    const got = actual[position]?.score ?? Number.NaN;
    assert(Math.abs(got - score) <= scoreTolerance, `the score is ${got}, not ${score}`);
  });
}

function assertError(
  client: RealClient,
  check: CheckName,
  answer: ClientAnswer,
  message: RegExp,
): string | undefined {
  assert("error" in answer, "the client raises no error");
  if (client.mute.includes(check)) {
    assert.doesNotMatch(answer.error.message, message);
    return "the client's error leaves the server's message out";
  }
  const { type, message: told } = answer.error;
  assert(message.test(told), `${type} tells: ${told}`);
  return undefined;
}

/** What the server's own route answers. */
async function reference({ url }: CheckedServer): Promise<readonly ClientRank[]> {
  const response = await fetch(`${url}/rerank`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-request-id": ownRequestId },
    body: JSON.stringify({ query, documents }),
  });
  const { results } = (await response.json()) as {
    readonly results: readonly { readonly index: number; readonly relevance_score: number }[];
  };
  return results.map(({ index, relevance_score }) => ({ index, score: relevance_score }));
}
