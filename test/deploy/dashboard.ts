import { readText, readYaml } from "./deploy-files.ts";

/** A panel of a Grafana dashboard, as far as it is looked at. */
export interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: {
    readonly x: number;
    readonly y: number;
    readonly w: number;
    readonly h: number;
  };
  readonly targets?: readonly { readonly expr: string; readonly refId: string }[];
}

/** A Grafana dashboard, as far as it is looked at. */
export interface Dashboard {
  readonly title: string;
  readonly uid: string;
  readonly schemaVersion: number;
  readonly templating: { readonly list: readonly { readonly name: string }[] };
  readonly panels: readonly Panel[];
}

/** An alert of Prometheus, as far as it is looked at. */
export interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly annotations: Readonly<Record<string, string>>;
}

/** Returns the dashboard of `deploy/grafana`. */
export function readDashboard(): Dashboard {
  return JSON.parse(readText("deploy/grafana/rerankd.json")) as Dashboard;
}

/** Returns the dashboard's queries, each with its variables filled in. */
export function dashboardQueries(range: string): string[] {
  return readDashboard()
    .panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))
    .map((expr) => expr.replaceAll("$__rate_interval", range).replaceAll("$instance", ".*"));
}

/** Returns the alerts of `deploy/prometheus`. */
export function readAlerts(): readonly Alert[] {
  const [file] = readYaml("deploy/prometheus/alerts.yml") as [
    { readonly groups: readonly { readonly rules: readonly Alert[] }[] },
  ];
  return file.groups.flatMap(({ rules }) => rules);
}
