import { createReadStream, existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { createGunzip } from "node:zlib";
import { createRandom, pickOne, type Random, randomInteger } from "../random.ts";

/** Kinds of text in the corpus. */
export const languages = ["ko", "ja", "en", "de", "code"] as const;

/** A kind of text in the corpus. */
export type Language = (typeof languages)[number];

/** Texts of one kind to cut documents from. */
export interface PassagePool {
  readonly language: Language;
  readonly queries: readonly string[];
  readonly passages: readonly string[];
}

/** Where the texts came from. */
export interface Passages {
  readonly pools: readonly PassagePool[];
  /** For reports: real text, or made up because there was none. */
  readonly source: "real passages" | "generated text";
}

/**
 * Rows read of each file: enough for the largest corpus without reading the large files to their
 * end.
 */
const rowsPerFile = 400;

const files: Readonly<Record<Language, readonly string[]>> = {
  ko: ["dev/ko__korquad-dev-bm25-top30.jsonl.gz"],
  ja: ["dev/ja__jaquad-dev-bm25-top30.jsonl.gz"],
  en: ["dev/en__cranfield-bm25-top50.jsonl.gz", "dev/en__wikiqa-dev.jsonl.gz"],
  de: ["train/de__docs-electron.jsonl.gz", "train/de__covid-faq.jsonl.gz"],
  code: ["train/en__docs-react.jsonl.gz", "train/en__tldr.jsonl.gz"],
};

/**
 * What a row of dev/ (a query with candidates) or of train/ (a question with its passage) holds.
 */
interface Row {
  readonly query?: string;
  readonly cands?: readonly { readonly text: string }[];
  readonly q?: string;
  readonly p?: string;
}

/**
 * Reads texts of each language in place from the project's data folder. Where the folder is absent,
 * the texts are made up from the seed, and `source` says so.
 */
export async function readPassages(dataFolder: string, seed: number): Promise<Passages> {
  const all = languages.flatMap((language) => files[language]);
  if (!all.every((file) => existsSync(join(dataFolder, file)))) {
    return { pools: generatePools(createRandom(seed)), source: "generated text" };
  }
  const pools = await Promise.all(
    languages.map(async (language) => {
      const rows = await Promise.all(
        files[language].map((file) => readRows(join(dataFolder, file))),
      );
      return toPool(language, rows.flat());
    }),
  );
  return { pools, source: "real passages" };
}

async function readRows(path: string): Promise<Row[]> {
  const rows: Row[] = [];
  const packed = createReadStream(path);
  const lines = createInterface({ input: packed.pipe(createGunzip()) });
  for await (const line of lines) {
    rows.push(JSON.parse(line));
    if (rows.length === rowsPerFile) break;
  }
  packed.destroy();
  return rows;
}

function toPool(language: Language, rows: readonly Row[]): PassagePool {
  const texts = rows.flatMap(({ cands, p }) => [
    ...(cands?.map(({ text }) => text) ?? []),
    p ?? "",
  ]);
  const queries = rows.map(({ query, q }) => query ?? q ?? "").filter((text) => text.length > 0);
  const passages = [...new Set(texts)].filter((text) => text.length > 0);
  return { language, queries: [...new Set(queries)], passages };
}

const alphabets: Readonly<Record<Language, string>> = {
  ko: "가나다라마바사아자차카타파하고노도로모보소오조초코토포호의을를이",
  ja: "あいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほ日本語文書検索",
  en: "etaoinshrdlucmfwypvbgk",
  de: "enisratdhulcgmobwfkzüäö",
  code: "abcdefxyz_(){}[]=;.01",
};
const poolSize = 300;

/** Makes up texts that have the right letters and lengths, but mean nothing. */
export function generatePools(random: Random): PassagePool[] {
  return languages.map((language) => {
    const word = () => {
      const letters = [...alphabets[language]];
      return Array.from({ length: randomInteger(random, 2, 9) }, () =>
        pickOne(random, letters),
      ).join("");
    };
    const sentence = (min: number, max: number) =>
      Array.from({ length: randomInteger(random, min, max) }, word).join(" ");
    return {
      language,
      queries: Array.from({ length: poolSize }, () => sentence(3, 10)),
      passages: Array.from({ length: poolSize }, () => sentence(20, 200)),
    };
  });
}
