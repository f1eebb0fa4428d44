import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { suite, test } from "node:test";
import { parseAllDocuments } from "yaml";
import { options } from "../../src/config/options/options.ts";
import { packageRoot } from "../server-process.ts";
import { readText, readYaml } from "./deploy-files.ts";

// biome-ignore lint/suspicious/noExplicitAny: manifests of any kind are compared by their fields.
type Manifest = any;

const chart = join(packageRoot, "deploy/helm/rerankd");
const valueSets = readdirSync(join(chart, "ci")).map((file) => join(chart, "ci", file));
const built = join(packageRoot, ".cache/deploy/bin/helm");
const helm = existsSync(built) ? built : "helm";
const skip =
  spawnSync(helm, ["version"], { stdio: "ignore" }).error === undefined
    ? false
    : "no helm here: run scripts/setup-deploy.sh";

function runHelm(...args: readonly string[]) {
  return spawnSync(helm, [...args], { encoding: "utf8" });
}

/** Renders the chart. A helm that `go install` built takes clusters for those of Kubernetes 1.20. */
function template(...args: readonly string[]) {
  return runHelm("template", "rerankd", chart, "--kube-version", "1.36.0", ...args);
}

/** Returns what the chart makes, by kind and name. */
function render(...args: readonly string[]): Map<string, Manifest> {
  const { status, stdout, stderr } = template(...args);
  assert.equal(status, 0, stderr);
  const objects: Manifest[] = parseAllDocuments(stdout, { version: "1.1" })
    .map((document) => document.toJS())
    .filter((object) => object !== null);
  return new Map(objects.map((object) => [`${object.kind} ${object.metadata.name}`, object]));
}

function read(file: string): Manifest {
  return readYaml(`deploy/kubernetes/${file}.yaml`)[0];
}

/** Returns the value with only those labels in its selectors that both ways have. */
function withoutInstance(value: unknown): unknown {
  const text = JSON.stringify(value, (key, item) =>
    key === "app.kubernetes.io/instance" ? undefined : item,
  );
  return JSON.parse(text);
}

suite("deploy/helm/rerankd", () => {
  test("has a version and an image of this package's", () => {
    const { version } = JSON.parse(readText("package.json"));
    const [{ version: chartVersion, appVersion }] = readYaml(
      "deploy/helm/rerankd/Chart.yaml",
    ) as Manifest[];

    assert.deepEqual([chartVersion, appVersion], [version, version]);
  });

  test("lets settings be the variables that the program has, and no others of values", () => {
    const { properties } = JSON.parse(readText("deploy/helm/rerankd/values.schema.json"));
    const pattern = new RegExp(properties.settings.propertyNames.pattern);
    const owned: readonly string[] = properties.settings.propertyNames.not.enum;
    const variables = options.flatMap(({ env }) => env);

    const taken = variables.filter((name) => pattern.test(name) && !owned.includes(name));

    assert(taken.length > 20);
    for (const name of owned) assert(variables.includes(name), name);
    assert(taken.includes("RERANKER_CACHE_MB"));
  });

  test("describes every value that it has, and has every value that it describes", () => {
    const [values] = readYaml("deploy/helm/rerankd/values.yaml") as Manifest[];
    const { properties } = JSON.parse(readText("deploy/helm/rerankd/values.schema.json"));

    // `global` is Helm's own.
    assert.deepEqual(Object.keys(properties).sort(), [...Object.keys(values), "global"].sort());
  });
});

suite("helm", { skip }, () => {
  test("finds nothing to say about the chart, with any set of values", () => {
    for (const args of [[], ...valueSets.map((file) => ["--values", file])]) {
      const { status, stdout, stderr } = runHelm("lint", "--strict", chart, ...args);

      assert.equal(status, 0, `${stdout}${stderr}`);
    }
  });

  test("makes of the defaults what the kustomization makes", () => {
    const objects = render();

    assert.deepEqual([...objects.keys()].sort(), [
      "ConfigMap rerankd",
      "Deployment rerankd",
      "HorizontalPodAutoscaler rerankd",
      "NetworkPolicy rerankd",
      "PodDisruptionBudget rerankd",
      "Service rerankd",
      "Service rerankd-headless",
    ]);
    for (const [key, file] of [
      ["HorizontalPodAutoscaler rerankd", "horizontal-pod-autoscaler"],
      ["PodDisruptionBudget rerankd", "pod-disruption-budget"],
      ["Service rerankd", "service"],
      ["Service rerankd-headless", "service-headless"],
    ] as const) {
      assert.deepEqual(withoutInstance(objects.get(key).spec), read(file).spec, key);
    }
    const [kustomization] = readYaml("deploy/kubernetes/kustomization.yaml") as Manifest[];
    const [{ literals }] = kustomization.configMapGenerator;
    assert.deepEqual(
      objects.get("ConfigMap rerankd").data,
      Object.fromEntries(literals.map((literal: string) => literal.split("="))),
    );
  });

  test("makes of the defaults the pods that the kustomization makes", () => {
    const made = render().get("Deployment rerankd").spec;
    const wanted = read("deployment").spec;
    const pod = wanted.template.spec;
    // Mounted here only where it is named.
    const isKeys = ({ name }: Manifest) => name === "api-keys";
    pod.volumes = pod.volumes.filter((volume: Manifest) => !isKeys(volume));
    const [container] = pod.containers;
    container.volumeMounts = container.volumeMounts.filter((mount: Manifest) => !isKeys(mount));
    const [{ version }] = readYaml("deploy/helm/rerankd/Chart.yaml") as Manifest[];
    container.image = `rerankd:${version}`;

    const { annotations } = made.template.metadata;
    assert.deepEqual(Object.keys(annotations), ["checksum/settings"]);
    delete made.template.metadata.annotations;
    assert.deepEqual(withoutInstance(made), wanted);
  });

  test("lets pods reach the hub only where a model is downloaded", () => {
    const hub = render("--set", "model.source=hub,model.id=owner/model");
    const image = render();

    const wanted = read("network-policy").spec;
    assert.deepEqual(withoutInstance(hub.get("NetworkPolicy rerankd").spec), wanted);
    wanted.egress.pop();
    assert.deepEqual(withoutInstance(image.get("NetworkPolicy rerankd").spec), wanted);
  });

  test("asks a port with TLS by HTTPS, and one that wants certificates from inside the pod", () => {
    const probesOf = (set: string): string[] => {
      const [container] = render("--set", set).get("Deployment rerankd").spec.template.spec
        .containers;
      return ["startupProbe", "readinessProbe", "livenessProbe"].map((name) =>
        JSON.stringify(container[name].httpGet ?? container[name].exec),
      );
    };

    const https = JSON.stringify({ path: "/health", port: "rerankd", scheme: "HTTPS" });
    const inside = JSON.stringify({ command: ["rerankd", "health", "--pid", "1"] });
    assert.deepEqual(probesOf("tls.secretName=tls"), [https, https, https]);
    assert.deepEqual(probesOf("tls.secretName=tls,tls.clientCertificates=true"), [
      inside,
      inside,
      inside,
    ]);
  });

  test("refuses values that cannot be meant, and names them", () => {
    for (const [set, words] of [
      ["autoscaling.by=memory", "autoscaling"],
      ["model.source=volume", "volume"],
      ["model.source=initContainer", "initContainer"],
      ["model.source=hub", "model"],
      ["settings.RERANKER_MODEL=other", "RERANKER_MODEL"],
      ["settings.threads=2", "threads"],
      ["replica=2", "replica"],
      ["httpRoute.enabled=true", "httpRoute"],
    ] as const) {
      const { status, stderr } = template("--set", set);

      assert.notEqual(status, 0, set);
      assert(stderr.includes(words), `${set}: ${stderr}`);
    }
  });

  test("refuses one host name for both routes", () => {
    const route = (kind: string) => [`${kind}.enabled=true`, `${kind}.parentRefs[0].name=gateway`];
    const set = [...route("httpRoute"), ...route("grpcRoute")].join(",");
    const hosts = (http: string, grpc: string) =>
      `${set},httpRoute.hostnames[0]=${http},grpcRoute.hostnames[0]=${grpc}`;

    const run = (values: string) => template("--set", values);
    assert.match(run(set).stderr, /need different hostnames/);
    assert.match(run(hosts("a.example", "a.example")).stderr, /need different hostnames/);
    assert.equal(run(hosts("a.example", "b.example")).status, 0);
  });
});
