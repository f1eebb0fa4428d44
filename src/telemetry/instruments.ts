import { Counter, Gauge, Histogram, type Registry } from "prom-client";

/** Values of labels, and the number that belongs to them. */
export type LabelledValue<Label extends string> = readonly [
  Readonly<Record<Label, string | number>>,
  number,
];

/** Makes the metrics of one registry. Names and labels are part of what operators rely on. */
export interface Instruments {
  /** A counter that the program adds to. */
  counter<Label extends string>(
    name: string,
    help: string,
    labels?: readonly Label[],
  ): Counter<Label>;
  /** A gauge that the program moves up and down. */
  gauge<Label extends string>(name: string, help: string, labels?: readonly Label[]): Gauge<Label>;
  /** A gauge whose value is read when it is asked for; undefined counts as 0. */
  gaugeOf(name: string, help: string, read: () => number | undefined): void;
  /** A counter whose totals and their labels are read when it is asked for. */
  countersOf<Label extends string>(
    name: string,
    help: string,
    labels: readonly Label[],
    read: () => readonly LabelledValue<Label>[],
  ): void;
  /** A gauge whose values and their labels are read when it is asked for. */
  gaugesOf<Label extends string>(
    name: string,
    help: string,
    labels: readonly Label[],
    read: () => readonly LabelledValue<Label>[],
  ): void;
  /** A gauge that is always 1, and whose labels are read when it is asked for. */
  info<Label extends string>(
    name: string,
    help: string,
    labels: readonly Label[],
    read: () => Readonly<Record<Label, string | number>>,
  ): void;
  /** A histogram; `buckets` are upper bounds. */
  histogram<Label extends string>(
    name: string,
    help: string,
    buckets: readonly number[],
    labels?: readonly Label[],
  ): Histogram<Label>;
}

/** Returns the maker of a registry's metrics. */
export function createInstruments(registry: Registry): Instruments {
  const registers = [registry];
  const countersOf: Instruments["countersOf"] = (name, help, labels, read) => {
    new Counter({
      name,
      help,
      registers,
      labelNames: [...labels],
      collect() {
        this.reset();
        for (const [values, count] of read()) this.inc(values, count);
      },
    });
  };
  const gaugesOf: Instruments["gaugesOf"] = (name, help, labels, read) => {
    new Gauge({
      name,
      help,
      registers,
      labelNames: [...labels],
      collect() {
        this.reset();
        for (const [values, value] of read()) this.set(values, value);
      },
    });
  };
  return {
    counter: (name, help, labels = []) =>
      new Counter({ name, help, labelNames: [...labels], registers }),
    gauge: (name, help, labels = []) =>
      new Gauge({ name, help, labelNames: [...labels], registers }),
    gaugeOf: (name, help, read) => gaugesOf(name, help, [], () => [[{}, read() ?? 0]]),
    countersOf,
    gaugesOf,
    info: (name, help, labels, read) => gaugesOf(name, help, labels, () => [[read(), 1]]),
    histogram: (name, help, buckets, labels = []) =>
      new Histogram({ name, help, buckets: [...buckets], labelNames: [...labels], registers }),
  };
}
