import { StartupError } from "../errors.ts";

/** A text under its id. */
export interface TextEntry {
  readonly id: string;
  readonly text: string;
}

/**
 * Reads one line of a file of queries or documents: `id<TAB>text`, further columns joined by spaces,
 * or a JSON object with `_id`, `id` or `qid`, and `text`, `contents` or `query`; a `title` is put
 * before the text, as BEIR does. Throws a StartupError that begins with `place` if the line is
 * something else.
 */
export function parseTextLine(line: string, place: string): TextEntry {
  if (line.trimStart().startsWith("{")) return parseJsonLine(line, place);
  const [id, ...columns] = line.split("\t");
  if (!id || columns.length === 0) throw wrong(place);
  return { id: id.trim(), text: columns.join(" ").trim() };
}

function parseJsonLine(line: string, place: string): TextEntry {
  let fields: Readonly<Record<string, unknown>>;
  try {
    fields = JSON.parse(line);
  } catch (cause) {
    throw new StartupError(`${place}: not JSON`, { cause });
  }
  const id = fields._id ?? fields.id ?? fields.qid;
  const text = fields.text ?? fields.contents ?? fields.query;
  const isId = typeof id === "string" || typeof id === "number";
  if (!isId || typeof text !== "string") throw wrong(place);
  const title = typeof fields.title === "string" ? fields.title : "";
  return { id: String(id), text: `${title} ${text}`.trim() };
}

function wrong(place: string): StartupError {
  return new StartupError(`${place}: a line must be \`id<TAB>text\` or {"_id": …, "text": …}`);
}
