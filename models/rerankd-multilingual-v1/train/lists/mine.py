"""Makes the training lists out of the sets of pairs.

A list has a query, a text that answers it, and others that do not: what BM25 ranks highest in the same set, and other
passages of the same document. Sets that exist in several languages are aligned by document and place, so that query
and texts can be of different languages. Kinds of lists are named `<sort>/<set>`; training draws a sort by its share,
then a set by the square root of its size.
"""

from __future__ import annotations

import argparse
import gzip
import random
import re
from collections import defaultdict
from pathlib import Path

from tokenizers import Tokenizer

from lists.across import (
    add_aligned,
    add_cross_questions,
    add_parallel,
    align_commands,
    align_headings,
    description,
    passage,
)
from lists.data import DEFAULT_DATA, Pair, Source, read_abstracts, read_pairs, training_sources
from lists.everyday import everyday_lists
from lists.mined import HARD, Mined
from lists.sentences import add_sentences
from lists.store import Store
from lists.teach import (
    LISTS,
    Teacher,
    add_taught,
    of_abstracts,
    of_answers,
    of_pairs,
    of_questions,
    of_sections,
    of_translations,
)

# At most so many queries of a set.
CAP = 12_000
WEAK_CAP = 2500
# Sets of questions that people asked, or statements they made, with passages.
QUESTIONS = re.compile(
    r"jaquad|cmrc|drcd|pquad|iapp|quad|norquad|idk-mrc|afriqa-pivot|qed|medquad|pubmedqa|heq|kobest|pira|piaf|faq$|nqg"
)
CHAT = re.compile(r"chatbot|koziev")
SENTENCE_LISTS = {"ko": 9000, "en": 5000, "ja": 5000, "zh": 5000}
OTHER_SENTENCE_LISTS = 700
EVERYDAY_LISTS = 110_000
# Sets of questions that people asked of passages of several sentences, in English.
ASKED = re.compile(r"afriqa-pivot|qed|pira|pubmedqa")


def sort_of(source: Source) -> str:
    if "parallel" in source.kind:
        return "parallel"
    if "afriqa-cross" in source.kind:
        return "cross-question"
    if CHAT.search(source.kind):
        return "chat"
    if QUESTIONS.search(source.kind):
        return "question"
    return "command" if source.kind == "tldr" else "heading"


def add_pairs(store: Store, source: Source, rng: random.Random) -> None:
    """Lists of a set's own pairs."""
    sort = sort_of(source)
    pairs = read_pairs(source)
    if len({p.passage for p in pairs}) < HARD + 2:
        return
    cap = CAP if sort in ("question", "cross-question", "chat") else WEAK_CAP
    sample = rng.sample(pairs, cap) if len(pairs) > cap else pairs
    for pair, negatives in zip(sample, Mined(pairs).negatives(sample, rng), strict=True):
        query = pair.query
        if sort == "heading" and " — " in query and rng.random() < 0.5:
            query = query.split(" — ")[-1] if rng.random() < 0.3 else query.replace(" — ", " ")
        store.add(f"{sort}/{source.name}", query, pair.passage, negatives)


def add_all_taught(
    store: Store,
    sources: list[Source],
    headings: list[dict[str, Pair]],
    papers: Path | None,
    teacher: Teacher,
    rng: random.Random,
) -> None:
    """Lists with the teacher's grades: of the English sets, of what exists in several languages, and of abstracts."""
    for source in sources:
        if source.lang == "en":
            add_taught(store, f"taught/{source.kind}", of_pairs(read_pairs(source), rng), teacher, LISTS, rng)
    add_taught(store, "taught/sections", of_sections(headings, rng), teacher, 4 * LISTS, rng)
    parallel = {s.lang.split("2")[1]: read_pairs(s) for s in sources if sort_of(s) == "parallel"}
    add_taught(store, "taught/translations", of_translations(parallel, rng), teacher, 4 * LISTS, rng)
    for path in sorted(papers.glob("*.tsv.xz")) if papers else []:
        subject = of_abstracts(read_abstracts(path), rng)
        add_taught(store, f"papers/{path.name.removesuffix('.tsv.xz')}", subject, teacher, LISTS, rng)
    asked = [source for source in sources if source.lang == "en" and ASKED.search(source.kind)]
    for source in asked:
        pairs = read_pairs(source)
        add_taught(store, f"answers/{source.kind}", of_questions(pairs, rng), teacher, 4 * LISTS, rng)
        add_taught(store, f"answers/{source.kind}-sentences", of_answers(pairs, rng), teacher, 2 * LISTS, rng)
    print(f"taught: {len(store.query)} lists so far", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA)
    parser.add_argument("--tokenizer", type=Path, help="the XLM-R tokenizer.json.gz; that of --data unless given")
    parser.add_argument("--teacher", type=Path, help="the jar of the teacher, see teach.py; no such lists without it")
    parser.add_argument("--papers", type=Path, help="a folder of titles and abstracts, see data.py; none without it")
    parser.add_argument("--out", type=Path, default=Path("lists.npz"))
    args = parser.parse_args()
    rng = random.Random(7)
    store = Store()
    sources = training_sources(args.data)
    texts: dict[str, list[str]] = defaultdict(list)
    for source in sources:
        sort = sort_of(source)
        if sort == "parallel":
            add_parallel(store, source, rng)
        elif sort != "cross-question":
            add_pairs(store, source, rng)
            texts[source.lang].extend(sorted({p.passage for p in read_pairs(source)}))
        print(f"{source.name}: {len(store.query)} lists so far", flush=True)
    pivots: dict[str, list[str]] = {}
    for source in sources:
        if source.kind == "afriqa-pivot":
            pairs = read_pairs(source)
            pivots |= {p.passage: n for p, n in zip(pairs, Mined(pairs).negatives(pairs, rng), strict=True)}
    for source in sources:
        if sort_of(source) == "cross-question":
            add_cross_questions(store, source, pivots, rng)
    add_aligned(store, "cross-command", align_commands(sources), rng, 50_000, description)
    headings = align_headings(sources)
    add_aligned(store, "cross-heading", headings, rng, 40_000, passage)
    print(f"across languages: {len(store.query)} lists so far", flush=True)
    for lang, passages in sorted(texts.items()):
        rng.shuffle(passages)
        add_sentences(store, lang, passages[:12_000], SENTENCE_LISTS.get(lang, OTHER_SENTENCE_LISTS), rng)
    for lang, made in everyday_lists(EVERYDAY_LISTS, rng):
        store.add(f"everyday/{lang}", made.query, made.notes[0], made.notes[1:], made.labels[1:])
    if args.teacher:
        add_all_taught(store, sources, headings, args.papers, Teacher(args.teacher), random.Random(11))
    print(f"{len(store.query)} lists, {len(store.texts)} texts, {len(store.kinds)} kinds", flush=True)
    path = args.tokenizer or args.data / "tokenizers/xlm-roberta-tokenizer.json.gz"
    with gzip.open(path, "rt", encoding="utf-8") as file:
        store.save(args.out, Tokenizer.from_str(file.read()))


if __name__ == "__main__":
    main()
