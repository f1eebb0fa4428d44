import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { gunzipSync } from "node:zlib";

import { createTokenizer } from "../../src/tokenizer/hf-tokenizer.ts";
import type { Tokenizer } from "../../src/tokenizer/tokenizer.ts";
import { assertGoldenEncoding, readGolden, repositoryRoot } from "../golden/golden-cases.ts";

const ARCHIVE = "../shared/data/tokenizers/xlm-roberta-tokenizer.json.gz";
const archive = new URL(ARCHIVE, repositoryRoot);
const skip = existsSync(archive) ? false : `there is no ${ARCHIVE} beside the repository`;

suite("createTokenizer() over XLM-RoBERTa's own tokenizer.json", { skip }, () => {
  const golden = readGolden("xlm-roberta-ids");
  let folder = "";
  let tokenizer: Tokenizer;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "rerankd-xlm-roberta-"));
    const path = join(folder, "tokenizer.json");
    await writeFile(path, gunzipSync(await readFile(archive)));
    tokenizer = await createTokenizer({ path });
  });
  after(() => rm(folder, { recursive: true }));

  for (const goldenCase of golden.cases) {
    test(`gives Python's ids: ${goldenCase.name}`, async () => {
      const { query, document } = goldenCase;
      const { maxLength } = golden;

      const encodings = await tokenizer.encodePairs(query, [document], { maxLength });

      assertGoldenEncoding(encodings[0], goldenCase);
    });
  }
});
