import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { options } from "../../src/config/options/options.ts";
import { deployFiles, readText } from "./deploy-files.ts";

const files = [...deployFiles, "docs/deploy.md", ".env.example"];
const variables = new Set(options.flatMap(({ env }) => env));
const flags = new Set(["help", ...options.flatMap(({ flag, aliases = [] }) => [flag, ...aliases])]);

/** Words after the program's name, or the image's, up to the end of the command. */
const commandPattern =
  /(?<![\w/.-])(?:\S*\/)?(?:rerankd(?::cuda)?|main\.js)((?:[ \t]+[^\s|&>`]+)+)/g;

/** Returns the flags that a text hands to the program. */
function flagsGivenIn(text: string): string[] {
  const joined = text.replaceAll(/\\\n\s*/g, " ");
  return [...joined.matchAll(commandPattern)].flatMap(([, words = ""]) =>
    [...words.matchAll(/\s--([a-z][a-z-]*)/g)].map(([, flag = ""]) => flag),
  );
}

suite("settings that deploy/ and docs/deploy.md name", () => {
  for (const path of files) {
    test(`${path} names only variables and flags that the program has`, () => {
      const text = readText(path);

      const named = [...text.matchAll(/\bRERANKER_[A-Z_]*[A-Z]/g)].map(([name]) => name);

      assert.deepEqual(
        named.filter((name) => !variables.has(name)),
        [],
      );
      assert.deepEqual(
        flagsGivenIn(text).filter((flag) => !flags.has(flag)),
        [],
      );
    });
  }

  test("are found in the guide's own command", () => {
    assert(flagsGivenIn(readText("docs/deploy.md")).includes("model-id"));
    assert.deepEqual(
      flagsGivenIn("docker run --gpus all rerankd:cuda --x y \\\n  --port=1 | z --q"),
      ["x", "port"],
    );
  });

  test("name the metric of the queue in the places that are known to", () => {
    const places = files.filter((path) => readText(path).includes("queue_age_seconds"));

    assert.deepEqual(places, [
      "deploy/grafana/rerankd.json",
      "deploy/helm/rerankd/templates/autoscaler.yaml",
      "deploy/kubernetes/components/scale-on-queue-age/kustomization.yaml",
      "deploy/prometheus/alerts.yml",
      "deploy/prometheus/alerts_test.yml",
    ]);
  });
});
