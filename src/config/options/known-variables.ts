import { nearestWord } from "./nearest-word.ts";
import { options } from "./options.ts";

/** Environment variables by name. */
type Environment = Readonly<Record<string, string | undefined>>;

/** The prefix of this program's own variables. */
const prefix = "RERANKER_";

/**
 * What Kubernetes sets in every container beside a service whose name begins with `reranker`:
 * `…_SERVICE_HOST`, `…_SERVICE_PORT`, `…_PORT_7998_TCP_ADDR` and so on.
 */
const serviceVariable =
  /_(?:SERVICE_HOST|SERVICE_PORT(?:_\w+)?|PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)$/;

/** The value of `…_PORT` that Kubernetes sets for a service. */
const servicePort = /^(?:tcp|udp|sctp):\/\//;

/** Returns whether Kubernetes sets the variable for a service, so that it is not a setting. */
export function isServiceVariable(name: string, value: string): boolean {
  if (serviceVariable.test(name)) return true;
  return name.endsWith("_PORT") && servicePort.test(value);
}

/**
 * Returns a sentence for each `RERANKER_…` variable that no command reads, with the nearest one that
 * one does; and for each `…_PORT` of Kubernetes that hides a setting of the same name.
 */
export function notesOnVariables(env: Environment): string[] {
  const known = options.flatMap((option) => option.env);
  return Object.entries(env).flatMap(([name, value]) => {
    if (!name.startsWith(prefix) || !value) return [];
    if (isServiceVariable(name, value)) {
      if (!known.includes(name)) return [];
      return `${name} is ignored: \`${value}\` is what Kubernetes sets for a service of that name (\`enableServiceLinks: false\` in the pod turns it off)`;
    }
    if (known.includes(name)) return [];
    const nearest = nearestWord(name, known);
    const hint = nearest === undefined ? "" : `; did you mean ${nearest}?`;
    return `${name} is not a variable of rerankd, and has no effect${hint}`;
  });
}
