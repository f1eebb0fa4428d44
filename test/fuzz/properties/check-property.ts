import assert from "node:assert/strict";
import fc from "fast-check";

/** How many times as many runs as in the tests: `FUZZ_RUNS=100 npm test fuzz/properties`. */
const multiplier = Math.max(1, Number(process.env.FUZZ_RUNS ?? 1) || 1);

/** Runs of one property in the tests. */
const defaultRuns = 200;

/**
 * Checks a property on many values. A failure prints the seed and the path to the smallest value
 * that fails.
 */
export async function checkProperty<Values>(
  property: fc.IProperty<Values> | fc.IAsyncProperty<Values>,
  runs = defaultRuns,
): Promise<void> {
  await fc.assert(property as fc.IAsyncProperty<Values>, { numRuns: runs * multiplier });
}

/** A word that stands in texts of callers and may not come back in an error. */
export const secret = "s3cr3t-t3xt";

/**
 * Returns what `run` returns, or undefined where it throws an error of one of these classes that
 * does not repeat the secret; with `mayRepeat`, it may.
 */
export function allowing<Value>(
  classes: readonly (abstract new (...args: never[]) => Error)[],
  run: () => Value,
  { mayRepeat = false } = {},
): Value | undefined {
  try {
    return run();
  } catch (error) {
    assert(
      classes.some((allowed) => error instanceof allowed),
      `threw ${String(error)}`,
    );
    assert(error instanceof Error && error.message.length > 0);
    assert(mayRepeat || !error.message.includes(secret), error.message);
    return undefined;
  }
}

/** Any JSON value, the secret among its texts. */
export const anyJson = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(null, true, false, 0, -1, 1.5, 1e300, "", secret, "\ud800", "truncate"),
    fc.string(),
    fc.double(),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(
      fc.constantFrom(
        "text",
        "id",
        "query",
        "toString",
        "valueOf",
        "__proto__",
        "type",
        "ids",
        "a",
      ),
      tie("value"),
      { maxKeys: 3 },
    ),
  ),
})).value;

/** An object whose fields have these names and any values, or those that are given. */
export function objectWith(
  fields: Readonly<Record<string, fc.Arbitrary<unknown>>>,
): fc.Arbitrary<Record<string, unknown>> {
  const model = Object.fromEntries(
    Object.entries(fields).map(([name, right]) => [
      name,
      fc.oneof({ weight: 3, arbitrary: right }, { weight: 1, arbitrary: anyJson }),
    ]),
  );
  return fc.record(model, { requiredKeys: [] });
}

/** A text of which a part was cut, or to which something was added. */
export function damaged(texts: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc
    .tuple(texts, fc.nat(), fc.nat(6), fc.oneof(fc.constant(""), fc.string({ maxLength: 4 })))
    .map(([text, place, cut, added]) => {
      const at = place % (text.length + 1);
      return text.slice(0, at) + added + text.slice(at + cut);
    });
}
