import { readFile } from "node:fs/promises";
import { StartupError } from "../../errors.ts";
import type { EvaluatedRun, RankedDocument, RunQuery } from "../../evaluation/compare-runs.ts";
import { reasonOf } from "../files/read-input.ts";

/**
 * Reads what `rerankd eval --json` printed. Rejects with a StartupError that names the file, and the
 * field at fault where it is something else.
 */
export async function readReport(path: string): Promise<EvaluatedRun> {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new StartupError(`\`${path}\` cannot be read: ${reasonOf(cause)}`, { cause });
  });
  const reader = new Reader(path);
  const report = reader.object(parseJson(path, text), "the file");
  const lists = reader.array(report.lists, "lists").map((value, at) => {
    const where = `lists[${at}]`;
    const list = reader.object(value, where);
    const queries = reader.array(list.per_query, `${where}.per_query`).map((query, number) => {
      return readQuery(reader, query, `${where}.per_query[${number}]`);
    });
    return { name: reader.text(list.name, `${where}.name`), queries };
  });
  return { name: reader.text(report.model, "model"), lists };
}

function readQuery(reader: Reader, value: unknown, where: string): RunQuery {
  const query = reader.object(value, where);
  const ndcg = reader.object(query.ndcg, `${where}.ndcg`);
  const ranking = reader.array(query.ranking, `${where}.ranking`);
  return {
    id: reader.text(query.id, `${where}.id`),
    query: reader.text(query.query, `${where}.query`),
    ndcg: reader.number(ndcg.reranked, `${where}.ndcg.reranked`),
    bm25: reader.number(ndcg.bm25, `${where}.ndcg.bm25`),
    ranking: ranking.map((id, at) => reader.text(id, `${where}.ranking[${at}]`)),
    documents:
      query.documents === undefined
        ? undefined
        : readDocuments(reader, query.documents, `${where}.documents`),
  };
}

function readDocuments(reader: Reader, value: unknown, where: string): RankedDocument[] {
  return reader.array(value, where).map((one, at) => {
    const document = reader.object(one, `${where}[${at}]`);
    return {
      text: reader.text(document.text, `${where}[${at}].text`),
      rel: reader.number(document.rel, `${where}[${at}].rel`),
    };
  });
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new StartupError(`\`${path}\` is not JSON`, { hint, cause });
  }
}

const hint = "--compare takes two files that `rerankd eval --json` printed";

/** Checks what a file holds. */
class Reader {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  object(value: unknown, where: string): Readonly<Record<string, unknown>> {
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return value as Readonly<Record<string, unknown>>;
    }
    throw this.#error(where, "an object", value);
  }

  array(value: unknown, where: string): readonly unknown[] {
    if (Array.isArray(value)) return value;
    throw this.#error(where, "a list", value);
  }

  text(value: unknown, where: string): string {
    if (typeof value === "string") return value;
    throw this.#error(where, "a text", value);
  }

  number(value: unknown, where: string): number {
    if (typeof value === "number") return value;
    throw this.#error(where, "a number", value);
  }

  #error(where: string, expected: string, value: unknown): StartupError {
    const got = Array.isArray(value) ? "a list" : value === null ? "null" : typeof value;
    return new StartupError(`\`${this.#path}\`: ${where} must be ${expected}, got: ${got}`, {
      hint,
    });
  }
}
