import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { defaultOf, readText, readYaml, valuesOf } from "./deploy-files.ts";

interface Service {
  readonly stop_grace_period: string;
  readonly ports: readonly string[];
  readonly volumes: readonly string[];
  readonly cpus: number;
  readonly environment: Readonly<Record<string, unknown>>;
}

interface Probe {
  readonly grpc: { readonly port: number };
}

interface PodSpec {
  readonly terminationGracePeriodSeconds: number;
  readonly securityContext: { readonly runAsUser: number };
  readonly containers: readonly [
    {
      readonly ports: readonly [{ readonly containerPort: number }];
      readonly startupProbe: Probe;
      readonly readinessProbe: Probe;
      readonly livenessProbe: Probe;
      readonly lifecycle: { readonly preStop: { readonly exec: { readonly command: string[] } } };
      readonly resources: Readonly<Record<"limits" | "requests", { readonly cpu: string }>>;
      readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
    },
  ];
}

const port = defaultOf("port");
const drainSeconds = defaultOf("drain-timeout-ms") / 1000;
/** What the last batch, the worker's end and systemd's or the kubelet's own work may take. */
const spareSeconds = 5;

const [compose] = readYaml("deploy/docker/compose.yaml") as [
  { readonly services: Readonly<Record<string, Service>> },
];
const [deployment] = readYaml("deploy/kubernetes/deployment.yaml") as [
  { readonly spec: { readonly template: { readonly spec: PodSpec } } },
];
const pod = deployment.spec.template.spec;
const [container] = pod.containers;
const [kustomization] = readYaml("deploy/kubernetes/kustomization.yaml") as [
  { readonly configMapGenerator: readonly [{ readonly literals: readonly string[] }] },
];
const literals = Object.fromEntries(
  kustomization.configMapGenerator[0].literals.map((literal) => literal.split("=")),
) as Readonly<Record<string, string>>;

function seconds(text: string | undefined): number {
  const [, value] = /^(\d+)s$/.exec(text ?? "") ?? [];
  assert(value !== undefined, `expected seconds, got: \`${text}\``);
  return Number(value);
}

function isThreadSetting(variable: string): boolean {
  return ["RERANKER_THREADS", "RERANKER_WORKERS"].includes(variable);
}

suite("numbers of deploy/", () => {
  test("leave every service more time to stop than it may drain", () => {
    const least = drainSeconds + spareSeconds;

    for (const service of Object.values(compose.services)) {
      assert(seconds(service.stop_grace_period) >= least);
    }
    const [unitStop] = valuesOf("deploy/systemd/rerankd.service", "TimeoutStopSec");
    assert(seconds(unitStop) >= least);
    const preStopSeconds = Number(container.lifecycle.preStop.exec.command[1]);
    assert(pod.terminationGracePeriodSeconds >= preStopSeconds + least);
  });

  test("repeat the drain timeout where they depend on it", () => {
    const [unitDrain] = valuesOf("deploy/systemd/rerankd.env", "RERANKER_DRAIN_TIMEOUT_MS");

    assert.equal(Number(unitDrain) / 1000, drainSeconds);
    assert.equal(Number(literals.RERANKER_DRAIN_TIMEOUT_MS) / 1000, drainSeconds);
  });

  test("name the default port everywhere", () => {
    for (const service of Object.values(compose.services)) {
      assert.deepEqual(service.ports, [`127.0.0.1:${port}:${port}`]);
    }
    for (const file of ["Dockerfile", "Dockerfile.cuda"]) {
      const text = readText(`deploy/docker/${file}`);
      assert.match(text, new RegExp(`^EXPOSE ${port}$`, "m"));
      assert.match(text, new RegExp(`RERANKER_PORT=${port}$`, "m"));
    }
    assert.deepEqual(valuesOf("deploy/systemd/rerankd.env", "RERANKER_PORT"), [String(port)]);
    assert.equal(container.ports[0].containerPort, port);
    for (const probe of ["startupProbe", "readinessProbe", "livenessProbe"] as const) {
      assert.equal(container[probe].grpc.port, port);
    }
    for (const file of ["service", "service-headless", "network-policy"]) {
      assert.match(readText(`deploy/kubernetes/${file}.yaml`), new RegExp(`port: ${port}$`, "m"));
    }
    assert.match(readText("deploy/nginx/rerankd.conf"), new RegExp(`^ *listen ${port};$`, "m"));
    assert.match(readText("deploy/haproxy/rerankd.cfg"), new RegExp(`^ *bind :${port}$`, "m"));
    assert.match(readText("deploy/envoy/rerankd.yaml"), new RegExp(`port_value: ${port} `));
  });

  test("let streams pause in the balancers longer than a request may take to come", () => {
    const tenMinutes = 600;
    assert(tenMinutes > defaultOf("request-timeout-ms") / 1000);

    assert.match(readText("deploy/nginx/rerankd.conf"), /grpc_read_timeout 10m;/);
    assert.match(readText("deploy/haproxy/rerankd.cfg"), /timeout server 10m$/m);
    assert.match(readText("deploy/envoy/rerankd.yaml"), /stream_idle_timeout: 600s/);
  });

  test("let balancers send what a lost replica did not answer to another one", () => {
    const nginx = readText("deploy/nginx/rerankd.conf");
    assert.match(nginx, /^ *proxy_next_upstream error http_503 non_idempotent;$/m);
    assert.match(nginx, /^ *grpc_next_upstream error non_idempotent;$/m);
    // Only of a stream may the request be passed on before it has come as a whole.
    assert.equal(nginx.match(/proxy_request_buffering off/g)?.length, 1);
    const haproxy = readText("deploy/haproxy/rerankd.cfg");
    assert.match(haproxy, /^ *retry-on conn-failure empty-response 503$/m);
    assert.match(haproxy, /on-marked-down shutdown-sessions$/m);
    const envoy = readText("deploy/envoy/rerankd.yaml");
    assert.match(envoy, /^ *retry_on: connect-failure,refused-stream,reset$/m);
    assert.match(envoy, /^ *close_connections_on_host_health_failure: true$/m);
    assert.match(envoy, /^ *- name: envoy.retry_host_predicates.previous_hosts$/m);
    assert.match(envoy, /^ *min_retry_concurrency: 100$/m);
    // Envoy's own interval where there are no calls is a minute.
    assert.match(envoy, /^ *no_traffic_interval: 1s$/m);
  });

  test("limit the cores of a container, and leave threads and workers to the server", () => {
    for (const { cpus, environment } of Object.values(compose.services)) {
      assert(cpus > 0);
      assert.deepEqual(Object.keys(environment).filter(isThreadSetting), []);
    }
    const { limits, requests } = container.resources;
    assert.equal(limits.cpu, requests.cpu);
    assert.deepEqual(Object.keys(literals).filter(isThreadSetting), []);
  });

  test("agree on the user and on where models are kept", () => {
    for (const file of ["Dockerfile", "Dockerfile.cuda"]) {
      const text = readText(`deploy/docker/${file}`);
      const user = pod.securityContext.runAsUser;
      assert.match(text, new RegExp(`^USER ${user}:${user}$`, "m"));
      const [, cache] = /^VOLUME (.+)$/m.exec(text) ?? [];
      assert(cache !== undefined);
      assert(text.includes(`HF_HOME=${cache}/`));
      assert(container.volumeMounts.some(({ mountPath }) => mountPath === cache));
      for (const { volumes } of Object.values(compose.services)) {
        assert.deepEqual(volumes, [`reranker-cache:${cache}`]);
      }
    }
  });
});

suite("the docker command of docs/deploy.md", () => {
  test("is the guide's but for the image", () => {
    const command = readText("docs/deploy.md").replaceAll(/ \\\n +/g, " ");

    assert(
      command.includes(
        "docker run -d --name jina-reranker -p 7998:7998 -v reranker-cache:/root/.cache " +
          "--gpus all rerankd:cuda --model-id jinaai/jina-reranker-v2-base-multilingual --port 7998",
      ),
    );
  });
});
