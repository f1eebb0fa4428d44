import { firstCodePoints } from "../../src/characters.ts";
import { pickOne, type Random, randomInteger } from "../random.ts";
import type { Language, PassagePool } from "./passages.ts";

/** One request of the benchmark. */
export interface RerankCase {
  readonly query: string;
  readonly documents: readonly string[];
}

/** A class of documents by length, in tokens as estimated from characters. */
interface LengthClass {
  readonly name: "note" | "passage" | "limit";
  /** Share of the documents, 0 to 1. */
  readonly share: number;
  readonly minTokens: number;
  readonly maxTokens: number;
}

/**
 * What a memory or a knowledge base holds: short notes, paragraphs, and a few texts that must be
 * cut.
 */
const lengthClasses: readonly LengthClass[] = [
  { name: "note", share: 0.4, minTokens: 8, maxTokens: 60 },
  { name: "passage", share: 0.5, minTokens: 100, maxTokens: 450 },
  { name: "limit", share: 0.1, minTokens: 520, maxTokens: 640 },
];

/** Characters of one token of the XLM-R tokenizer, on average over the passages read. */
const charactersPerToken: Readonly<Record<Language, number>> = {
  ko: 1.8,
  ja: 1.5,
  en: 4.1,
  de: 4,
  code: 3.3,
};

/** Longest query in characters; the rest of a question is cut. */
const maxQueryCharacters = 120;

/** How large a corpus to make. */
export interface CorpusOptions {
  readonly pools: readonly PassagePool[];
  readonly random: Random;
  readonly requests: number;
  readonly documentsPerRequest: number;
  /** Take lengths of this class only. Default: mixed. */
  readonly only?: LengthClass["name"];
  /** Take this language only. Default: all in turn. */
  readonly language?: Language;
}

/**
 * Makes requests of mixed lengths and languages; a request has one language, as a search has. No
 * document comes twice, so nothing can be answered from memory. Equal seeds and pools give equal
 * requests.
 */
export function makeCorpus(options: CorpusOptions): RerankCase[] {
  const { pools, random, requests, documentsPerRequest, only } = options;
  const usable = pools.filter(
    ({ language }) => options.language === undefined || language === options.language,
  );
  const seen = new Set<string>();
  return Array.from({ length: requests }, (_, index) => {
    const pool = usable[index % usable.length];
    if (pool === undefined) throw new Error(`there is no text in \`${options.language}\``);
    const query = firstCodePoints(pickOne(random, pool.queries), maxQueryCharacters);
    const documents = Array.from({ length: documentsPerRequest }, () => {
      const lengthClass = only
        ? lengthClasses.find(({ name }) => name === only)
        : pickClass(random());
      const tokens = randomInteger(
        random,
        lengthClass?.minTokens ?? 0,
        lengthClass?.maxTokens ?? 0,
      );
      return makeUnique(cutDocument(pool, tokens, random), seen);
    });
    return { query, documents };
  });
}

/**
 * Makes `requests` of documents whose lengths are spread evenly from a word to the limit: the worst
 * case for memory.
 */
export function makeRandomLengths(options: Omit<CorpusOptions, "only" | "language">): RerankCase[] {
  const { pools, random, requests, documentsPerRequest } = options;
  return Array.from({ length: requests }, () => {
    const pool = pickOne(random, pools);
    const documents = Array.from({ length: documentsPerRequest }, () =>
      cutDocument(pool, randomInteger(random, 1, maxRandomTokens), random),
    );
    return { query: firstCodePoints(pickOne(random, pool.queries), maxQueryCharacters), documents };
  });
}

const maxRandomTokens = 512;

function pickClass(place: number): LengthClass | undefined {
  let below = 0;
  return lengthClasses.find(({ share }) => {
    below += share;
    return place < below;
  });
}

/**
 * Cuts a text of about `tokens` tokens out of the pool, over the ends of passages where one is too
 * short.
 */
export function cutDocument(pool: PassagePool, tokens: number, random: Random): string {
  const characters = Math.ceil(tokens * charactersPerToken[pool.language]);
  const first = Math.floor(random() * pool.passages.length);
  let text = "";
  for (let offset = 0; text.length < characters; offset += 1) {
    const passage = pool.passages[(first + offset) % pool.passages.length] ?? "";
    text += offset === 0 ? passage : `\n${passage}`;
  }
  return firstCodePoints(text, characters).trim();
}

function makeUnique(text: string, seen: Set<string>): string {
  const unique = seen.has(text) ? `${seen.size} ${text}` : text;
  seen.add(unique);
  return unique;
}
