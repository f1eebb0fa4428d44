import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { CallFault } from "./logic/call-server.ts";
import { candidatesOf, textOfCandidates } from "./logic/candidates.ts";
import { maxFileBytes, readCandidateFile } from "./logic/read-file.ts";
import { defaultSettings, requestOf } from "./logic/settings.ts";
import { fragmentOf, readFragment } from "./logic/share-link.ts";
import type { Example } from "./text/examples.ts";
import { faultSentence } from "./text/fault-sentence.ts";
import { AskForm, type Draft } from "./view/ask-form.tsx";
import { CallPanel } from "./view/call-panel.tsx";
import { copyText } from "./view/copy-text.ts";
import { Header } from "./view/header.tsx";
import { KeyForm } from "./view/key-form.tsx";
import { LanguageContext, languageOf, preferredLanguage } from "./view/language.ts";
import { Results } from "./view/results.tsx";
import { useRanking } from "./view/use-ranking.ts";
import { useServer } from "./view/use-server.ts";

const emptyDraft: Draft = {
  query: "",
  candidates: "",
  settings: defaultSettings,
  other: undefined,
};

/** A message to the user; the next one replaces it. */
interface Notice {
  readonly text: string;
  /** What stood in the form before, where the form was filled. */
  readonly before?: Draft;
}

const bytesPerMegabyte = 1_048_576;

/** Scrolls to the ranking where it begins out of sight, as it does below the form of a narrow window. */
function showResults(): void {
  const results = document.getElementById("results");
  const top = results?.getBoundingClientRect().top ?? 0;
  if (top < 0 || top > innerHeight / 2) results?.scrollIntoView();
}

/** The whole page. */
export function App() {
  const [tag, setTag] = useState(preferredLanguage);
  const language = useMemo(() => languageOf(tag), [tag]);
  const { texts, number } = language;
  const [apiKey, setApiKey] = useState<string>();
  const server = useServer(apiKey);
  const { run, start, stop } = useRanking();
  const [draft, setDraft] = useState(emptyDraft);
  const [notice, setNotice] = useState<Notice>();
  const [problem, setProblem] = useState<string>();
  const { query, candidates, settings, other } = draft;
  const documents = useMemo(() => candidatesOf(candidates), [candidates]);
  const isRunning = run?.phase === "running";
  const keyFault =
    run?.phase === "failed" && run.fault instanceof CallFault && run.fault.status === 401;

  useEffect(() => {
    document.documentElement.lang = tag;
  }, [tag]);

  // Listeners of the window outlive a rendering; they work with what was rendered last.
  const latest = useRef({ fill, takeFiles, draft, texts });
  latest.current = { fill, takeFiles, draft, texts };
  useEffect(() => {
    const takeLink = async (): Promise<void> => {
      if (location.hash.length < 2) return;
      const shared = await readFragment(location.hash);
      const { fill, texts } = latest.current;
      if (shared) fill(shared, texts.linkTaken);
      else if (location.hash.startsWith("#v1=")) setNotice({ text: texts.linkBroken });
    };
    // A file that is dropped beside the form would otherwise take the place of the page.
    const onDrag = (event: DragEvent): void => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      if (event.type === "drop") void latest.current.takeFiles([...event.dataTransfer.files]);
    };
    const onHash = (): void => void takeLink();
    onHash();
    window.addEventListener("hashchange", onHash);
    window.addEventListener("dragover", onDrag);
    window.addEventListener("drop", onDrag);
    return () => {
      window.removeEventListener("hashchange", onHash);
      window.removeEventListener("dragover", onDrag);
      window.removeEventListener("drop", onDrag);
    };
  }, []);

  /** Replaces what the form holds, and keeps it for who wants it back. */
  function fill(part: Partial<Draft>, text: string): void {
    const before = latest.current.draft;
    const isEmpty = before.query === "" && before.candidates === "";
    setDraft({ ...before, ...part });
    setProblem(undefined);
    setNotice(isEmpty ? { text } : { text, before });
  }

  async function takeFiles(files: readonly File[]): Promise<void> {
    for (const file of files) {
      const { name } = file;
      const bytes = file.size > maxFileBytes ? undefined : await file.arrayBuffer();
      const content = bytes
        ? readCandidateFile(name, new Uint8Array(bytes))
        : { fault: { kind: "tooLarge", maxBytes: maxFileBytes } as const };
      if ("fault" in content) {
        const { fault } = content;
        const detail =
          fault.kind === "tooLarge"
            ? number(fault.maxBytes / bytesPerMegabyte)
            : fault.kind === "badLine"
              ? number(fault.line)
              : "";
        setNotice({ text: texts.fileFaults[fault.kind](name, detail) });
        return;
      }
      const added = textOfCandidates(content.documents);
      setDraft((before) => ({
        ...before,
        candidates: [before.candidates.replace(/\n+$/, ""), added].filter(Boolean).join("\n"),
      }));
      const taken = texts.fileTaken(name, number(content.documents.length));
      const column = content.column === undefined ? "" : ` ${texts.fileColumn(content.column)}`;
      setNotice({ text: taken + column });
    }
  }

  function rankNow(key = apiKey): void {
    const { maxDocuments = Number.POSITIVE_INFINITY } = server;
    const needsQuery = query.trim() === "";
    const found = needsQuery
      ? texts.needQuery
      : documents.length === 0
        ? texts.needDocuments
        : documents.length > maxDocuments
          ? texts.tooMany(number(maxDocuments), number(documents.length))
          : undefined;
    setNotice(undefined);
    setProblem(found);
    if (found !== undefined) {
      document.getElementById(needsQuery ? "query" : "candidates")?.focus();
      return;
    }
    showResults();
    void start({ query, documents, settings: other ? [settings, other] : [settings] }, key);
  }

  async function share(): Promise<void> {
    const fragment = await fragmentOf(draft);
    if (fragment === undefined) return setNotice({ text: texts.linkTooLong });
    // The address shows the link too; this does not load anything, nor call for `hashchange`.
    history.replaceState(null, "", `#${fragment}`);
    const isCopied = await copyText(location.href);
    setNotice({ text: isCopied ? texts.linkCopied : texts.copyFailed });
  }

  const body = useMemo(
    () =>
      query.trim() === "" || documents.length === 0
        ? undefined
        : requestOf(query, documents, settings),
    [query, documents, settings],
  );
  const isStale =
    run !== undefined &&
    !isRunning &&
    (run.query !== query ||
      run.documents !== documents ||
      run.settings[0] !== settings ||
      run.settings[1] !== other);
  const last = run?.rankings.findLast((ranking) => ranking !== undefined);
  const progress =
    run?.phase === "stopped" && last
      ? texts.stopped(number(last.done), number(last.total))
      : last && texts.progress(number(last.done), number(last.total));

  return (
    <LanguageContext.Provider value={language}>
      <a class="skip" href="#results">
        {texts.skip}
      </a>
      <Header server={server} language={tag} onLanguage={setTag} />
      <main>
        <div class="left">
          <AskForm
            draft={draft}
            documents={documents}
            models={server.models}
            isRunning={isRunning}
            problem={problem}
            onChange={(part) => {
              setDraft({ ...draft, ...part });
              setProblem(undefined);
            }}
            onExample={(example: Example) =>
              fill(
                { query: example.query, candidates: textOfCandidates(example.candidates) },
                texts.exampleTaken,
              )
            }
            onFiles={(files) => void takeFiles(files)}
            onRank={() => rankNow()}
            onStop={stop}
          />
        </div>
        <div class="right" id="results" tabIndex={-1}>
          <KeyForm
            apiKey={apiKey}
            isWanted={server.wantsKey || keyFault}
            onKey={(key) => {
              setApiKey(key);
              if (key !== undefined && keyFault) rankNow(key);
            }}
          />
          <div class="messages">
            <p class="notice" role="status">
              {notice?.text}
              {notice?.before && (
                <button
                  type="button"
                  class="plain"
                  onClick={() => {
                    if (notice.before) setDraft(notice.before);
                    setNotice(undefined);
                  }}
                >
                  {texts.undo}
                </button>
              )}
            </p>
            <p class={run?.phase === "stopped" ? "notice" : "unseen"} role="status">
              {progress}
            </p>
            <p class="fault" role="alert">
              {run?.phase === "failed" && faultSentence(run.fault, texts)}
            </p>
          </div>
          {run ? <Results run={run} isStale={isStale} /> : <p class="empty">{texts.empty}</p>}
          <CallPanel
            body={body}
            target={{
              origin: location.origin,
              needsKey: server.wantsKey || apiKey !== undefined,
            }}
            onCopy={(text) =>
              void copyText(text).then((isCopied) =>
                setNotice({ text: isCopied ? texts.copied : texts.copyFailed }),
              )
            }
          />
          <p class="share">
            <button type="button" onClick={() => void share()} disabled={body === undefined}>
              {texts.share}
            </button>{" "}
            <span class="hint">{texts.shareHint}</span>
          </p>
        </div>
      </main>
    </LanguageContext.Provider>
  );
}
