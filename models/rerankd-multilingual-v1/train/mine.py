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

from bm25 import Bm25, terms
from data import DEFAULT_DATA, Pair, Source, read_abstracts, read_pairs, training_sources
from everyday import everyday_lists
from store import Store
from teach import LISTS, Teacher, add_taught, of_abstracts, of_pairs, of_sections, of_translations

HARD = 16
TOP = 34
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
# The label of a sentence that holds a part of the query's words, per share of them.
PARTIAL = 0.4

_SENTENCE_END = re.compile(r"(?<=[.!?。！？।])\s*|\n+")
_PARTICLE = re.compile(
    r"(?<=[가-힣]{2})(?:에서는|에서|으로|에게|까지|부터|하는|하고|이나|은|는|이|가|을|를|에|의|로|와|과|도|만)$"
)
_EDGES = re.compile(r"^\W+|\W+$")
_COMMAND = re.compile(r"`([^`]*)`\s*$")
_NUMBER = re.compile(r"\d+")


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


def other_number(text: str, wanted: set[str], rng: random.Random) -> str | None:
    """The text with one of the `wanted` numbers changed everywhere; None if it has none of them."""
    found = [n for n in _NUMBER.findall(text) if n in wanted]
    if not found:
        return None
    number = rng.choice(found)
    other = number
    while other == number:
        digits = list(number)
        place = rng.randrange(len(digits))
        digits[place] = rng.choice("123456789")
        other = "".join(digits)
    return re.sub(rf"(?<!\d){number}(?!\d)", other, text)


class Mined:
    """A set's passages with what BM25 finds among them."""

    def __init__(self, pairs: list[Pair]) -> None:
        self.passages = sorted({p.passage for p in pairs})
        self.index = Bm25(self.passages)
        self.answers: dict[str, set[str]] = defaultdict(set)
        self.siblings: dict[str, list[str]] = defaultdict(list)
        for pair in pairs:
            self.answers[pair.query.lower()].add(pair.passage)
            if pair.doc:
                self.siblings[pair.doc].append(pair.passage)

    def negatives(self, pairs: list[Pair], rng: random.Random) -> list[list[str]]:
        """Hard negatives for each pair's query."""
        result = []
        for pair, best in zip(pairs, self.index.top([p.query for p in pairs], TOP), strict=True):
            answers = self.answers[pair.query.lower()] | {pair.passage}
            start = pair.passage[:60]
            hard = [self.passages[i] for i in best]
            hard = [p for p in hard if p not in answers and not p.startswith(start)]
            near = [p for p in self.siblings[pair.doc] if p not in answers] if pair.doc else []
            near = rng.sample(near, min(4, len(near))) if len(near) <= 60 else []
            changed = other_number(pair.passage, set(_NUMBER.findall(pair.query)), rng)
            rest = hard[:8] + rng.sample(hard[8:], min(HARD - 8, len(hard[8:])))
            result.append(list(dict.fromkeys(near + rest + ([changed] if changed else []))))
        return result


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


def add_cross_questions(store: Store, source: Source, pivots: dict[str, list[str]], rng: random.Random) -> None:
    """Questions whose passages are in another language, with the negatives of the same passage's own questions."""
    pairs = read_pairs(source)
    passages = [p.passage for p in pairs]
    for pair in pairs:
        negatives = pivots.get(pair.passage) or rng.sample(passages, min(HARD, len(passages)))
        store.add(
            f"cross-question/{source.name}", pair.query, pair.passage, [p for p in negatives if p != pair.passage]
        )


def add_parallel(store: Store, source: Source, rng: random.Random) -> None:
    """Sentences and their translations, both ways; negatives are translations of like sentences, in both languages."""
    pairs = [p for p in read_pairs(source) if 12 <= len(p.query) <= 420]
    there = {p.query: p.passage for p in pairs}
    back = {p.passage: p.query for p in pairs}
    mined = Mined(pairs)
    english = Mined([Pair(p.passage, p.query, p.doc) for p in pairs])
    like = english.index.top([p.query for p in pairs], 24)
    alike = mined.index.top([p.passage for p in pairs], 24)
    for pair, near, close in zip(pairs, like, alike, strict=True):
        for query, answer, found, other in (
            (pair.query, pair.passage, [english.passages[i] for i in near], there),
            (pair.passage, pair.query, [mined.passages[i] for i in close], back),
        ):
            found = [text for text in found if text != query and text in other]
            translated = [other[text] for text in found[:12] if other[text] != answer]
            changed = other_number(answer, set(_NUMBER.findall(query)), rng)
            negatives = translated + rng.sample(found[:8], min(3, len(found[:8]))) + ([changed] if changed else [])
            store.add(f"parallel/{source.name}", query, answer, negatives)


def add_aligned(
    store: Store, sort: str, aligned: list[dict[str, Pair]], rng: random.Random, count: int, describe
) -> None:
    """Lists across languages: each row of `aligned` has the same section in several languages.

    `describe` makes the text of a candidate from its pair."""
    by_doc: dict[tuple[str, str], list[str]] = defaultdict(list)
    by_lang: dict[str, list[str]] = defaultdict(list)
    for row in aligned:
        for lang, pair in row.items():
            by_doc[lang, pair.doc].append(describe(pair))
            by_lang[lang].append(describe(pair))
    rows = [row for row in aligned if len(row) > 1]
    drawn = []
    for _ in range(count):
        row = rng.choice(rows)
        asked, given = rng.sample(sorted(row), 2)
        if row[asked].query != describe(row[given]):
            drawn.append((row, asked, given))
    same_words = look_alikes(drawn, by_lang)
    for (row, asked, given), alike in zip(drawn, same_words, strict=True):
        query, answer = row[asked].query, describe(row[given])
        near = [t for t in by_doc[given, row[given].doc] if t != answer]
        far = by_lang[given]
        negatives = rng.sample(near, min(8, len(near))) + rng.sample(far, min(4, len(far)))
        # The user's notes are of several languages: so are these. What shares the query's words is no answer here.
        said = {describe(pair) for pair in row.values()} | {query}
        alike = [t for t in alike if t not in said]
        negatives += rng.sample(alike, min(6, len(alike)))
        if rng.random() < 0.4:
            own = [t for t in by_doc[asked, row[asked].doc] if t not in said]
            third = [t for lang in row if lang not in (asked, given) for t in by_doc[lang, row[lang].doc]]
            negatives += rng.sample(own, min(4, len(own)))
            negatives += [t for t in rng.sample(third, min(4, len(third))) if t not in said]
        negatives = [t for t in dict.fromkeys(negatives) if t != answer]
        store.add(f"{sort}/{asked}-{given}" if sort == "cross-heading" else f"{sort}/all", query, answer, negatives)


def look_alikes(drawn: list[tuple[dict[str, Pair], str, str]], by_lang: dict[str, list[str]]) -> list[list[str]]:
    """For each query the texts of its own language that share most of its words."""
    found: list[list[str]] = [[] for _ in drawn]
    for lang in sorted({asked for _, asked, _ in drawn}):
        numbers = [i for i, (_, asked, _) in enumerate(drawn) if asked == lang]
        texts = sorted(set(by_lang[lang]))
        ranked = Bm25(texts).top([drawn[i][0][lang].query for i in numbers], 12)
        for i, best in zip(numbers, ranked, strict=True):
            found[i] = [texts[j] for j in best]
    return found


def align_commands(sources: list[Source]) -> list[dict[str, Pair]]:
    """tldr's descriptions by page and command, in all languages that have them."""
    rows: dict[tuple[str, str], dict[str, Pair]] = defaultdict(dict)
    for source in sources:
        if source.kind != "tldr":
            continue
        for pair in read_pairs(source):
            command = _COMMAND.search(pair.passage)
            if command and pair.doc:
                page = "/".join(pair.doc.split("/")[1:])
                rows[page, re.sub(r"{{.*?}}", "{}", command[1])].setdefault(source.lang, pair)
    return list(rows.values())


def align_headings(sources: list[Source]) -> list[dict[str, Pair]]:
    """Sections of documentation by document and place, of the languages in which the document has as many."""
    documents: dict[tuple[str, str], dict[str, list[Pair]]] = defaultdict(dict)
    for source in sources:
        if not (source.kind.startswith("docs-") or source.kind in ("cncf-glossary", "pydocs-faq")):
            continue
        found: dict[str, list[Pair]] = defaultdict(list)
        for pair in read_pairs(source):
            if pair.doc:
                found[pair.doc].append(pair)
        for doc, pairs in found.items():
            key = re.sub(rf"/{source.lang}(-[a-zA-Z]+)?(?=/)", "/_", doc).removeprefix("pages/")
            documents[source.kind, key].setdefault(source.lang, pairs)
    rows = []
    for languages in documents.values():
        sizes = [len(pairs) for pairs in languages.values()]
        usual = max(set(sizes), key=sizes.count)
        same = {lang: pairs for lang, pairs in languages.items() if len(pairs) == usual}
        if len(same) > 1:
            rows.extend({lang: pairs[i] for lang, pairs in same.items()} for i in range(usual))
    return rows


def description(pair: Pair) -> str:
    return pair.query


def passage(pair: Pair) -> str:
    return pair.passage


def keywords(sentence: str, rng: random.Random) -> str | None:
    """One to four of a sentence's words as somebody would type them, or None if it has too few."""
    if " " in sentence:
        words = [_EDGES.sub("", word) for word in sentence.split()]
        words = [_PARTICLE.sub("", word) for word in words if len(word) > 1]
    else:
        words = re.findall(r"[ァ-ヿ]{2,8}|[一-鿿]{2,4}|[A-Za-z0-9]{2,}|[฀-๿]{3,8}", sentence)
    words = list(dict.fromkeys(word for word in words if 1 < len(word) < 16))
    if len(words) < 3:
        return None
    chosen = rng.sample(words, min(rng.randint(1, 4), len(words)))
    return " ".join(chosen)


def add_sentences(store: Store, lang: str, texts: list[str], count: int, rng: random.Random) -> None:
    """Lists in which a few words of a sentence look for the sentence among those like it."""
    sentences = {s.strip() for text in texts for s in _SENTENCE_END.split(text)}
    pool = sorted(s for s in sentences if 12 <= len(s) <= 180)
    pool = rng.sample(pool, min(len(pool), max(3 * count, 4000)))
    made = [(s, q) for s, q in ((s, keywords(s, rng)) for s in pool) if q][:count]
    if len(made) < 40:
        return
    ranked = Bm25(pool).top([query for _, query in made], TOP)
    for (sentence, query), best in zip(made, ranked, strict=True):
        wanted = set(terms(query))
        negatives, grades = [], []
        for i in rng.sample(list(best), min(HARD, len(best))):
            share = len(wanted & set(terms(pool[i]))) / max(len(wanted), 1)
            if pool[i] != sentence and share < 0.8:
                negatives.append(pool[i])
                grades.append(PARTIAL * share)
        store.add(f"sentence/{lang}", query, sentence, negatives, grades)


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
