/**
 * Matches the values of `RERANKER_MODEL` that only a server understands: `bundled`, a folder,
 * several models, or one with a name of its own.
 */
const onlyForServers = /^bundled$|^[.~/]|[\\,=]/;

/**
 * Returns the model to ask for where `RERANKER_MODEL` says `text`; undefined where it says nothing,
 * or what a server that shares the variable is to load: requests then take what is served.
 */
export function modelOfVariable(text: string | undefined): string | undefined {
  return text && !onlyForServers.test(text) ? text : undefined;
}
