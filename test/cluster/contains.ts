/**
 * Returns where a stored object differs from what was sent, as paths with both values; none where it
 * holds all of it. Defaults that the server added are no difference.
 */
export function differences(sent: unknown, stored: unknown, path = ""): string[] {
  if (Array.isArray(sent)) {
    if (!Array.isArray(stored) || stored.length !== sent.length) return [shown(path, sent, stored)];
    return sent.flatMap((item, index) => differences(item, stored[index], `${path}[${index}]`));
  }
  if (isObject(sent)) {
    if (!isObject(stored)) return [shown(path, sent, stored)];
    return Object.entries(sent)
      .filter(([, value]) => value !== null)
      .flatMap(([key, value]) => differences(value, stored[key], `${path}.${key}`));
  }
  return sent === stored ? [] : [shown(path, sent, stored)];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function shown(path: string, sent: unknown, stored: unknown): string {
  return `${path}: sent ${JSON.stringify(sent)}, stored ${JSON.stringify(stored)}`;
}
