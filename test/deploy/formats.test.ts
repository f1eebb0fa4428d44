import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { deployFiles, readText, readYaml } from "./deploy-files.ts";

suite("the files of deploy/", () => {
  const isTemplate = (file: string) => file.includes("/templates/");
  for (const path of deployFiles.filter((file) => file.endsWith(".yaml") && !isTemplate(file))) {
    test(`${path} is YAML without a fault`, () => {
      const documents = readYaml(path);

      assert(documents.length > 0);
      for (const document of documents) assert.equal(typeof document, "object");
    });
  }

  test("deploy/systemd/rerankd.service has sections of assignments alone", () => {
    const lines = readText("deploy/systemd/rerankd.service").split("\n");

    for (const line of lines) assert.match(line, /^$|^#|^\[(Unit|Service|Install)\]$|^[A-Z]\w+=/);
    assert.equal(lines.filter((line) => line.startsWith("[")).length, 3);
  });

  test("deploy/systemd/rerankd.env has assignments that systemd reads as they stand", () => {
    const lines = readText("deploy/systemd/rerankd.env").split("\n");

    for (const line of lines) assert.match(line, /^$|^#|^[A-Z_]+=[\w.:/-]+$/);
  });

  test("every resource of the kustomization is there, and every manifest is listed", () => {
    for (const folder of ["", "components/shared-cache/", "components/scale-on-queue-age/"]) {
      const base = `deploy/kubernetes/${folder}`;
      const [kustomization] = readYaml(`${base}kustomization.yaml`) as [{ resources?: string[] }];
      const manifests = deployFiles
        .filter((path) => path.startsWith(base) && !path.slice(base.length).includes("/"))
        .map((path) => path.slice(base.length))
        .filter((name) => name !== "kustomization.yaml" && !name.endsWith("-values.yaml"));

      assert.deepEqual([...(kustomization.resources ?? [])].sort(), manifests);
    }
  });
});
