/** The metrics of one scrape. */
export interface Scrape {
  /** Type of each metric by name, without the suffixes of histograms. */
  readonly types: ReadonlyMap<string, string>;
  /** Label names of each metric by name, `le` left out. */
  readonly labels: ReadonlyMap<string, ReadonlySet<string>>;
  /** Every series as `name{label="value",…}`, with its value. */
  readonly samples: ReadonlyMap<string, number>;
}

const samplePattern = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/;

/** Reads Prometheus' text format. Throws at a line that is none of it. */
export function parseScrape(text: string): Scrape {
  const types = new Map<string, string>();
  const labels = new Map<string, Set<string>>();
  const samples = new Map<string, number>();
  for (const line of text.split("\n")) {
    const [, typed, type] = /^# TYPE (\S+) (\S+)$/.exec(line) ?? [];
    if (typed && type) types.set(typed, type);
    if (line === "" || line.startsWith("#")) continue;
    const [, name = "", list = "", value] = samplePattern.exec(line) ?? [];
    if (value === undefined) throw new Error(`not a sample: ${line}`);
    samples.set(list ? `${name}{${list}}` : name, Number(value));
    const base = baseOf(name, types);
    const names = labels.get(base) ?? new Set();
    for (const [, label = ""] of list.matchAll(/(\w+)="(?:\\.|[^"\\])*"/g)) {
      if (label !== "le") names.add(label);
    }
    labels.set(base, names);
  }
  return { types, labels, samples };
}

/** Returns the metric that a sample belongs to: histograms add suffixes. */
export function baseOf(name: string, types: ReadonlyMap<string, string>): string {
  if (types.has(name)) return name;
  return name.replace(/_(?:bucket|sum|count)$/, "");
}
