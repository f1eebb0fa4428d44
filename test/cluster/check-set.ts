import type { ClusterClient, KubeObject } from "./cluster-client.ts";
import { differences } from "./contains.ts";
import type { ManifestSet, MissingSet } from "./manifest-sets.ts";

/** What became of a set. */
export interface SetResult {
  readonly name: string;
  /** Objects that are stored as they were sent. */
  readonly stored: number;
  /** Pods of its workloads that the Pod Security Standard `restricted` admits. */
  readonly pods: number;
  /** Objects that were refused, stored otherwise, or taken although they are wrong. */
  readonly faults: readonly string[];
  /** Why the set could not be tried; undefined: it was. */
  readonly notTried?: string;
}

/** Makes the server serve custom resources; resolves once it does. */
export async function installDefinitions(
  client: ClusterClient,
  definitions: readonly KubeObject[],
): Promise<void> {
  const own = definitions.filter(({ kind }) => kind === "CustomResourceDefinition");
  for (const definition of own) await client.create(definition);
  for (const definition of own) await client.untilServed(definition);
}

/** Creates the priority classes that the pods of the sets name: they are of the cluster, and of no set. */
export async function createPriorityClasses(
  client: ClusterClient,
  sets: readonly (ManifestSet | MissingSet)[],
): Promise<void> {
  const pods = sets.flatMap((set) => ("objects" in set ? set.objects.map(podOf) : []));
  const named = pods.map((pod) => (pod?.spec as Template["spec"] | undefined)?.priorityClassName);
  for (const name of new Set(named.filter((each) => typeof each === "string"))) {
    const apiVersion = "scheduling.k8s.io/v1";
    await client.create({ apiVersion, kind: "PriorityClass", metadata: { name }, value: 1000 });
  }
}

/**
 * Stores a set in a namespace of its own that admits only pods of the standard `restricted`, and asks
 * what was stored. Nothing makes pods of workloads here, so they are sent by themselves, to be admitted
 * and not stored. Never rejects for an object's sake.
 */
export async function checkSet(
  client: ClusterClient,
  set: ManifestSet | MissingSet,
): Promise<SetResult> {
  const { name } = set;
  const faults: string[] = [];
  let stored = 0;
  let pods = 0;
  if ("reason" in set) return { name, stored, pods, faults, notTried: set.reason };

  const attempt = async (what: string, run: () => Promise<void>): Promise<void> => {
    await run().catch((error: Error) => faults.push(`${what}: ${error.message}`));
  };
  await client.create(namespaceOf(name));
  for (const object of set.objects.map((each) => placeIn(each, name))) {
    const what = `${object.kind} ${object.metadata.name}`;
    await attempt(what, async () => {
      await client.create(object);
      const found = differences(object, await client.read(object));
      faults.push(...found.map((difference) => `${what}: ${difference}`));
      if (found.length === 0) stored += 1;
    });
    const pod = podOf(object);
    if (pod === undefined) continue;
    await attempt(`a pod of ${what}`, async () => {
      await client.create(pod, { dryRun: true });
      pods += 1;
    });
    if (await isAdmitted(client, asRoot(pod)))
      faults.push(`a pod of ${what}: also admitted as root`);
  }
  return { name, stored, pods, faults };
}

function namespaceOf(name: string): KubeObject {
  const labels = { "pod-security.kubernetes.io/enforce": "restricted" };
  return { apiVersion: "v1", kind: "Namespace", metadata: { name, labels } };
}

function placeIn(object: KubeObject, namespace: string): KubeObject {
  return { ...object, metadata: { ...object.metadata, namespace } };
}

interface Template {
  readonly metadata?: { readonly labels?: Readonly<Record<string, string>> };
  readonly spec: Readonly<Record<string, unknown>>;
}

/** Returns a pod of a workload; undefined for other objects. */
function podOf({ kind, metadata, spec }: KubeObject): KubeObject | undefined {
  const { name, namespace } = metadata;
  if (kind === "ServingRuntime") return asPod(name, namespace, { spec: runtimePodSpec(spec) });
  if (kind !== "Deployment") return undefined;
  return asPod(name, namespace, (spec as { readonly template: Template }).template);
}

/** The fields of a serving runtime that KServe copies into pods. */
function runtimePodSpec(spec: unknown): Readonly<Record<string, unknown>> {
  const { containers, volumes } = spec as Readonly<Record<string, unknown>>;
  return { containers, volumes };
}

function asPod(name: string, namespace: string | undefined, template: Template): KubeObject {
  const { labels } = template.metadata ?? {};
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, ...(namespace && { namespace }), ...(labels && { labels }) },
    spec: template.spec,
  };
}

/** The same pod with one more container, which runs as root: the standard refuses it. */
function asRoot(pod: KubeObject): KubeObject {
  const { containers, ...spec } = pod.spec as { readonly containers: readonly object[] };
  const root = { name: "root", image: "root", securityContext: { runAsUser: 0 } };
  return { ...pod, spec: { ...spec, containers: [...containers, root] } };
}

async function isAdmitted(client: ClusterClient, pod: KubeObject): Promise<boolean> {
  return client.create(pod, { dryRun: true }).then(
    () => true,
    () => false,
  );
}
