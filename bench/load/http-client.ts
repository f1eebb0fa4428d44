import { Agent, type IncomingHttpHeaders, request } from "node:http";
import { shorten } from "../../src/characters.ts";

/** What a server answered. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Most characters of an answer that an error repeats. */
const maxEchoChars = 300;

/** A status other than 200. */
export class HttpStatusError extends Error {
  override readonly name = "HttpStatusError";
  readonly status: number;
  constructor({ status, body }: HttpAnswer) {
    super(`HTTP ${status}: ${shorten(body, maxEchoChars)}`);
    this.status = status;
  }
}

/** A client of one server that keeps its connections. */
export interface HttpClient {
  /**
   * Posts a JSON text. Rejects with HttpStatusError for a status other than 200, or if `signal`
   * aborts.
   */
  post(path: string, body: string, options?: PostOptions): Promise<HttpAnswer>;
  /** Closes the connections. */
  close(): void;
}

/** How to post. */
export interface PostOptions {
  readonly signal?: AbortSignal | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Creates a client of the server at `url`. It is plain node:http, so that the load generator costs
 * little of the machine.
 */
export function createHttpClient(url: string): HttpClient {
  const agent = new Agent({ keepAlive: true });
  return {
    async post(path, body, { signal, headers } = {}) {
      const answer = await send(new URL(path, url), { agent, body, signal, headers });
      if (answer.status !== 200) throw new HttpStatusError(answer);
      return answer;
    },
    close: () => agent.destroy(),
  };
}

interface SendOptions {
  readonly agent: Agent;
  readonly body: string;
  readonly signal: AbortSignal | undefined;
  readonly headers: Readonly<Record<string, string>> | undefined;
}

function send(url: URL, { agent, body, signal, headers }: SendOptions): Promise<HttpAnswer> {
  const bytes = Buffer.from(body);
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      {
        method: "POST",
        agent,
        headers: {
          "content-type": "application/json",
          "content-length": bytes.length,
          ...headers,
        },
        ...(signal === undefined ? {} : { signal }),
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          const { statusCode = 0, headers: answered } = response;
          resolve({
            status: statusCode,
            headers: answered,
            body: Buffer.concat(chunks).toString("utf8"),
          });
        });
      },
    );
    sent.on("error", reject);
    sent.end(bytes);
  });
}
