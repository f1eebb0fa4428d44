import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { differences } from "./contains.ts";

suite("differences()", () => {
  const sent = { spec: { replicas: 2, ports: [{ port: 7998 }], nothing: null } };

  test("finds none where the server added defaults", () => {
    const stored = {
      metadata: { uid: "1" },
      spec: { replicas: 2, ports: [{ port: 7998, protocol: "TCP" }] },
    };

    assert.deepEqual(differences(sent, stored), []);
  });

  test("names what was changed, dropped or added to a list", () => {
    assert.deepEqual(differences(sent, { spec: { replicas: 1, ports: [{}] } }), [
      ".spec.replicas: sent 2, stored 1",
      ".spec.ports[0].port: sent 7998, stored undefined",
    ]);
    assert.deepEqual(differences(sent, { spec: { replicas: 2, ports: [] } }), [
      '.spec.ports: sent [{"port":7998}], stored []',
    ]);
    assert.deepEqual(differences({ a: {} }, {}), [".a: sent {}, stored undefined"]);
  });
});
