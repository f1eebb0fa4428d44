/** Returns what is wrong with the `--url` of a server: one problem, or none. */
export function problemOfUrl(url: string | undefined): readonly string[] {
  if (url === undefined) return [];
  if (url.startsWith("unix:/")) return [];
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed && /^https?:$/.test(parsed.protocol) && parsed.username === "") return [];
  return [
    `--url must be an http or https address without a user name, or \`unix:/path\`, got: \`${withoutUser(url)}\``,
  ];
}

/** Returns the text without what stands before an `@`, which may be a password. */
function withoutUser(url: string): string {
  return url.replace(/\/\/.*@/, "//");
}
