import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { after, before, suite, test } from "node:test";
import { packageRoot } from "../server-process.ts";
import { type PackedPackage, packPackage } from "./packed-package.ts";

/** Links and pictures of Markdown, and the sources of HTML in it. */
const linkPattern = /\]\(([^)\s]+)\)|(?:src|srcset|href)="([^"\s]+)"/g;

/** Code, in which nothing is a link. */
const codePattern = /^```[\s\S]*?^```|`[^`\n]*`/gm;

/** What only the repository has: pictures, the tools in Python, and the models of tests. */
const onlyInRepository = [
  join("docs", "images"),
  join("tools", "export"),
  join("test", "fixtures", "families"),
];

const headingPattern = /^#+ +(.*)$/gm;

interface Link {
  readonly page: string;
  readonly target: string;
}

/** Returns the anchors of a page as GitHub names its headings. */
function anchorsOf(page: string): string[] {
  const headings = readFileSync(page, "utf8").replaceAll(/^```[\s\S]*?^```/gm, "");
  return [...headings.matchAll(headingPattern)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
      .trim()
      .replaceAll(/\s/g, "-"),
  );
}

suite("the links of the packed pages", () => {
  let packed: PackedPackage;
  let links: readonly Link[];
  before(async () => {
    packed = await packPackage();
    links = readdirSync(packed.folder, { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".md"))
      .flatMap((file) => {
        const page = join(packed.folder, file);
        const text = readFileSync(page, "utf8").replaceAll(codePattern, "");
        return [...text.matchAll(linkPattern)].map(([, link, source]) => ({
          page,
          target: link ?? source ?? "",
        }));
      })
      .filter(({ target }) => !/^[a-z]+:/i.test(target));
  });
  after(() => packed.remove());

  test("lead to files that are packed too, or to what only the repository has", () => {
    const dead = links.filter(({ page, target }) => {
      const [path = ""] = target.split("#");
      const file = join(dirname(page), path);
      const name = relative(packed.folder, file);
      const isPacked = !onlyInRepository.includes(dirname(name));
      const root = isPacked ? packed.folder : packageRoot;
      return path !== "" && !existsSync(join(root, name));
    });

    assert(links.length > 50);
    assert.deepEqual(
      dead.map(({ page, target }) => `${relative(packed.folder, page)}: ${target}`),
      [],
    );
  });

  test("lead to headings that are there", () => {
    const dead = links.filter(({ page, target }) => {
      const [path = "", anchor] = target.split("#");
      const file = path === "" ? page : join(dirname(page), path);
      return anchor !== undefined && existsSync(file) && !anchorsOf(file).includes(anchor);
    });

    assert.deepEqual(
      dead.map(({ page, target }) => `${relative(packed.folder, page)}: ${target}`),
      [],
    );
  });
});
