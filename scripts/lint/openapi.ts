/**
 * Checks the description that `GET /openapi.json` answers with Redocly's linter, by the rules of
 * redocly.yaml. Exits with 1 if something is found. Where the linter is not installed it checks nothing
 * and says so; with REQUIRE_INTEROP=1 that is a failure.
 */
import { spawnSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describedRoutes } from "../../page/described-routes.ts";
import { packageVersion } from "../../src/package-root.ts";
import { createOpenApiDocument } from "../../src/server/http/openapi/document.ts";
import { packageRoot } from "../../test/server-process.ts";

const cache = join(packageRoot, ".cache");
const linter = join(cache, "interop/openapi-npm/node_modules/@redocly/cli/bin/cli.js");
if (!existsSync(linter)) {
  const hint = "no @redocly/cli here (scripts/setup-interop.sh installs it)";
  process.stdout.write(`${hint}: the API description is not checked\n`);
  process.exit(process.env.REQUIRE_INTEROP === "1" ? 1 : 0);
}
const document = join(cache, "openapi.json");
writeFileSync(document, JSON.stringify(createOpenApiDocument(describedRoutes(), packageVersion())));
const rules = join(packageRoot, "redocly.yaml");
const { status } = spawnSync(process.execPath, [linter, "lint", "--config", rules, document], {
  cwd: packageRoot,
  stdio: "inherit",
  // The linter would look for a newer one, and tell its makers of this run.
  env: { ...process.env, REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true" },
});
process.exitCode = status === 0 ? 0 : 1;
