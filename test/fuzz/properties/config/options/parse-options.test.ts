import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import { AddressError, parseAddresses } from "../../../../../client/src/call/server-address.ts";
import { notesOnVariables } from "../../../../../src/config/options/known-variables.ts";
import { nearestWord } from "../../../../../src/config/options/nearest-word.ts";
import { options } from "../../../../../src/config/options/options.ts";
import { parseOptions, UsageError } from "../../../../../src/config/options/parse-options.ts";
import { parseRankConfig } from "../../../../../src/config/rank-config.ts";
import { parseServeConfig } from "../../../../../src/config/serve-config.ts";
import { allowing, checkProperty, damaged, secret } from "../../check-property.ts";

const servicePorts = fc.constantFrom("tcp://10.0.0.1:7998", "udp://[::1]:1", "sctp://", "tcp:/x");

const values = fc.oneof(
  fc.string(),
  fc.integer().map(String),
  fc.constantFrom("auto", "", "-", "ON", "False", "float16", "INFO", "info,a=debug", "a,b,", " , "),
  servicePorts,
);

suite("properties of parseOptions()", () => {
  test("never throws, and has no value of an option that it complains of", async () => {
    const flags = fc.constantFrom(...options.map(({ flag }) => `--${flag}`), "--help", "-h");
    const assigned = fc.tuple(flags, values).map(([flag, value]) => `${flag}=${value}`);
    const strange = fc.constantFrom(
      "--",
      "-",
      "--__proto__=1",
      "--constructor",
      "--no-port",
      "---",
    );
    const words = fc.oneof(flags, values, assigned, damaged(flags), strange);
    const names = options.flatMap(({ env }) => env);
    const variables = fc.oneof(fc.constantFrom(...names), damaged(fc.constantFrom(...names)));
    const environments = fc.dictionary(variables, values, { maxKeys: 4 });
    const commands = fc.constantFrom("serve", "pull", "rank", "eval", "health");
    await checkProperty(
      fc.property(
        commands,
        fc.array(words, { maxLength: 6 }),
        environments,
        (command, argv, env) => {
          const parsed = parseOptions(command as "serve", argv, env);
          for (const { flag, type } of options) {
            if (type.kind === "list") assert(!parsed.list(flag).includes(""), flag);
            if (type.kind === "choice") {
              const text = parsed.optionalText(flag);
              assert(text === undefined || type.choices.includes(text), flag);
            }
            if (type.kind !== "integer") continue;
            const value = parsed.optionalNumber(flag);
            if (value === undefined) continue;
            assert(Number.isInteger(value) && value >= type.min && value <= type.max, flag);
          }
          for (const problem of parsed.problems) assert(problem.length > 0);
          for (const note of parsed.notes) assert.match(note, /^RERANKER_/);
        },
      ),
    );
  });
});

suite("properties of API keys as settings", () => {
  test("a flag, and a variable for one, hold one key whole, or an error that repeats nothing", async () => {
    const keys = fc.oneof(
      fc.string({ minLength: 1 }).map((text) => `${secret}${text}`),
      damaged(fc.constant(`${secret},${secret}`)).map((text) => `${secret}${text}`),
    );
    await checkProperty(
      fc.property(keys, (key) => {
        for (const [argv, env] of [
          [[`--api-key=${key}`], {}],
          [[], { RERANKER_API_KEY: key }],
          [[], { API_KEY: key }],
        ] as const) {
          const parsed = allowing([UsageError], () => parseServeConfig(argv, env));
          if (parsed !== undefined && !parsed.help) assert.deepEqual(parsed.config.apiKeys, [key]);
        }
      }),
    );
  });

  test("a list has no empty key, and each of its keys is one that a flag takes", async () => {
    const lists = fc.array(fc.string(), { maxLength: 4 }).map((keys) => keys.join(","));
    await checkProperty(
      fc.property(lists, (list) => {
        const env = { RERANKER_API_KEYS: list };
        const parsed = allowing([UsageError], () => parseServeConfig([], env), { mayRepeat: true });
        if (parsed === undefined || parsed.help) return;
        const flags = parsed.config.apiKeys.map((key) => `--api-key=${key}`);
        const again = parseServeConfig(flags, {});
        assert(!again.help);
        assert.deepEqual(again.config.apiKeys, parsed.config.apiKeys);
        assert.equal(list === "" || parsed.config.apiKeys.length > 0, true);
      }),
    );
  });
});

suite("properties of other settings", () => {
  test("an address means the same to a command and to the client library", async () => {
    const urls = fc.oneof(
      damaged(fc.constantFrom("localhost:7998", "http://a:1,b:2", "https://a", "unix:/s", "[::1]")),
      fc.constantFrom(`http://user:${secret}@host`),
      fc.webUrl(),
      fc.string(),
    );
    await checkProperty(
      fc.property(urls, (url) => {
        fc.pre(url !== "");
        const library = allowing([AddressError], () => parseAddresses(url));
        const env = { RERANKER_URL: url };
        const command = allowing([UsageError], () => parseRankConfig(["-q", "q"], env));
        assert.equal(command === undefined, library === undefined);
        if (command && !command.help) assert.equal(command.config.server?.url, url);
      }),
      500,
    );
  });

  test("what Kubernetes sets is never a port, and a note names each variable at most once", async () => {
    await checkProperty(
      fc.property(fc.dictionary(fc.string(), values), servicePorts, (others, value) => {
        const env = { ...others, RERANKER_PORT: value };
        const port = allowing([UsageError], () => parseServeConfig([], env), { mayRepeat: true });
        if (port && !port.help)
          assert.equal(port.config.port, others.PORT ? Number(others.PORT) : 7998);
        const names = notesOnVariables(env).map((note) => note.split(" ")[0]);
        assert.equal(new Set(names).size, names.length);
      }),
    );
  });

  test("the nearest word is one of the list, and a word of the list is its own", async () => {
    const words = options.map(({ flag }) => flag);
    await checkProperty(
      fc.property(fc.oneof(damaged(fc.constantFrom(...words)), fc.string()), (word) => {
        const nearest = nearestWord(word, words);
        assert(nearest === undefined || words.includes(nearest));
        if (words.includes(word)) assert.equal(nearest, word);
      }),
    );
  });
});
