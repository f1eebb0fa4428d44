/** The limits by which batches are formed. */
export interface BatchPolicy {
  /** Most tokens of a batch after padding. A single longer pair is a batch of its own. */
  readonly maxBatchTokens: number;
  /**
   * Most pairs of a batch times the square of the longest one's tokens: for every pair the attention of each
   * layer holds a number for each two tokens. A single longer pair is a batch of its own. Default: no limit.
   */
  readonly maxAttention?: number | undefined;
  /**
   * What one more run of the model costs, expressed in tokens. A pair joins a batch when padding it
   * up to the batch's length costs no more than this; else a run of its own is cheaper.
   */
  readonly runOverheadTokens: number;
  /** Whether every pair of a batch is a run of its own. Default: false. */
  readonly rowByRow?: boolean;
}

/** Returns how many pairs of `length` tokens a batch takes, at least one. */
export function pairsPerBatch(
  { maxBatchTokens, maxAttention = Number.POSITIVE_INFINITY }: BatchPolicy,
  length: number,
): number {
  const tokens = Math.max(1, length);
  return Math.max(1, Math.floor(Math.min(maxBatchTokens, maxAttention / tokens) / tokens));
}

/** What the model has to compute. */
export interface Work {
  /** Runs of the model. May be a fraction where it is a part of others' runs. */
  readonly runs: number;
  /** Tokens of these runs, padding not counted. */
  readonly tokens: number;
}

/** Counts the runs that a changing set of pairs takes. */
export interface RunCounter {
  /** About how many runs the pairs take together, each of pairs of nearly one length. */
  readonly runs: number;
  /** Adds a pair of `length` tokens. */
  add(length: number): void;
  /** Takes a pair of `length` tokens out, which must have been added. */
  remove(length: number): void;
}

/** Returns a counter without a pair. `present` is how batches are formed now. */
export function createRunCounter(present: () => BatchPolicy): RunCounter {
  /** Pairs of each length. */
  const pairsOf = new Map<number, number>();
  /** Pairs whose lengths differ too little to be run apart, by the class of their length. */
  const classes = new Map<number, { pairs: number; tokens: number }>();
  let policy = present();
  let size = 0;

  function count(length: number, pairs: number): void {
    const name = Math.floor(length / (policy.runOverheadTokens + 1));
    const known = classes.get(name) ?? { pairs: 0, tokens: 0 };
    known.pairs += pairs;
    known.tokens += pairs * length;
    if (known.pairs === 0) classes.delete(name);
    else classes.set(name, known);
  }

  function follow(): void {
    const now = present();
    if (now === policy) return;
    policy = now;
    classes.clear();
    for (const [length, pairs] of pairsOf) count(length, pairs);
  }

  function change(length: number, pairs: 1 | -1): void {
    follow();
    size += pairs;
    const left = (pairsOf.get(length) ?? 0) + pairs;
    if (left === 0) pairsOf.delete(length);
    else pairsOf.set(length, left);
    count(length, pairs);
  }

  return {
    get runs() {
      follow();
      if (policy.rowByRow) return size;
      let runs = 0;
      for (const { pairs, tokens } of classes.values()) {
        runs += Math.ceil(pairs / pairsPerBatch(policy, tokens / pairs));
      }
      return runs;
    },
    add: (length) => change(length, 1),
    remove: (length) => change(length, -1),
  };
}

/** Returns the work of pairs with these lengths where nothing else shares their runs. */
export function workOf(lengths: readonly number[], policy: BatchPolicy): Work {
  const counter = createRunCounter(() => policy);
  for (const length of lengths) counter.add(length);
  return { runs: counter.runs, tokens: lengths.reduce((sum, length) => sum + length, 0) };
}

/** Returns all of the work together. */
export function sumOf(parts: readonly Work[]): Work {
  return parts.reduce(
    (sum, { runs, tokens }) => ({ runs: sum.runs + runs, tokens: sum.tokens + tokens }),
    { runs: 0, tokens: 0 },
  );
}
