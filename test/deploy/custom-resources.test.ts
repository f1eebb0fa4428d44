import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { suite, test } from "node:test";
import { Ajv } from "ajv";
import { parseAllDocuments } from "yaml";
import { makeManifestSets } from "../cluster/manifest-sets.ts";
import { packageRoot } from "../server-process.ts";

type Schema = Record<string, unknown>;

interface Definition {
  readonly kind: string;
  readonly spec: {
    readonly group: string;
    readonly names: { readonly kind: string };
    readonly versions: readonly {
      readonly name: string;
      readonly schema: { readonly openAPIV3Schema: Schema };
    }[];
  };
}

const folder = join(packageRoot, ".cache/deploy/crds");
const helm = join(packageRoot, ".cache/deploy/bin/helm");
const skip =
  existsSync(folder) && existsSync(helm)
    ? false
    : "no definitions here: run scripts/setup-deploy.sh";

/** Returns the schemas of the definitions that are installed, by `group/version kind`. */
function readSchemas(): Map<string, Schema> {
  const definitions = readdirSync(folder).flatMap((file) =>
    parseAllDocuments(readFileSync(join(folder, file), "utf8")).map(
      (document) => document.toJS() as Definition | null,
    ),
  );
  return new Map(
    definitions.flatMap((definition) => {
      if (definition?.kind !== "CustomResourceDefinition") return [];
      const { group, names, versions } = definition.spec;
      return versions.map(({ name, schema }): [string, Schema] => [
        `${group}/${name} ${names.kind}`,
        strict(schema.openAPIV3Schema),
      ]);
    }),
  );
}

/** Returns a schema that refuses fields that it does not name, as the API server does. */
function strict(schema: Schema): Schema {
  const own = Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [key, strictValue(value)]),
  );
  const open = schema["x-kubernetes-preserve-unknown-fields"] || schema.additionalProperties;
  return schema.type === "object" && schema.properties && !open
    ? { ...own, additionalProperties: false }
    : own;
}

function strictValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(strictValue);
  return typeof value === "object" && value !== null ? strict(value as Schema) : value;
}

suite("the objects of the Gateway API and KEDA", { skip }, () => {
  const schemas = skip === false ? readSchemas() : new Map<string, Schema>();
  const ajv = new Ajv({ strict: false, validateFormats: false, validateSchema: false });
  const sets = skip === false ? makeManifestSets(packageRoot, { helm, kustomize: undefined }) : [];
  const objects = sets.flatMap((set) => ("objects" in set ? set.objects : []));

  test("are what their definitions say, whatever the values", () => {
    const checked: string[] = [];
    for (const object of objects) {
      const schema = schemas.get(`${object.apiVersion} ${object.kind}`);
      if (schema === undefined) continue;
      const isRight = ajv.validate(schema, object);
      assert(isRight, `${object.kind}: ${ajv.errorsText()}`);
      checked.push(object.kind);
    }

    assert.deepEqual([...new Set(checked)].sort(), ["GRPCRoute", "HTTPRoute", "ScaledObject"]);
  });

  test("would be refused with a field that the definition does not have", () => {
    const route = objects.find(({ kind }) => kind === "GRPCRoute");
    const schema = schemas.get("gateway.networking.k8s.io/v1 GRPCRoute");
    assert(route && schema);

    const spec = { ...(route.spec as object), hostname: ["a.example"] };
    assert(!ajv.validate(schema, { ...route, spec }));
    assert.match(ajv.errorsText(), /must NOT have additional properties/);
  });
});
