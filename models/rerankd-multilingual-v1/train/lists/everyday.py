"""Lists of short everyday notes: appointments from word lists, and concepts with answers, near-misses and translations.

`notes/concepts-*.jsonl` holds concepts, written for this model. Each has, in three to six languages, queries (`asks`),
notes that answer them, mostly in other words (`says`), notes in like words that do not (`not`: negated, another date,
number or person), and notes about something near (`near`). `notes/facts-*.jsonl` holds facts, whose answers share
words with their queries and whose four `not` share as many. The same place in two languages means the same.
`notes/siblings-*.jsonl` holds sets of notes that differ in one fact, with the queries for each; long numbers in
them are drawn anew for each list. `notes/across-*.jsonl` holds subjects in eight languages each, with queries, notes
that answer and notes that are near; most of their lists ask in one language and answer in another.
`notes/threads-*.jsonl` holds questions of forums with helpful comments and others.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from pathlib import Path

from lists.appointments import PHRASES, NoteList, note_lists

FOLDER = Path(__file__).parent / "notes"
# How often the texts of a list are of another language than its query, and of several.
ACROSS, MIXED = 0.4, 0.3
# The same, of lists about the subjects that are written in many languages.
SUBJECTS_ACROSS = 0.9
APPOINTMENTS, FACTS, SIBLINGS, SUBJECTS, THREADS = 0.05, 0.15, 0.2, 0.25, 0.1
# How often the query is a note, for which what says the same is to be found.
ASKED_BY_NOTE = 0.1
OTHER, OTHER_SETS = 5, 3

_LONG_NUMBER = re.compile(r"(?<!\d)(?!(?:19|20)\d\d(?!\d))\d{3,}(?!\d)")

Concept = dict[str, dict[str, list[str]]]


def read(kind: str) -> list[Concept]:
    """All of a kind, for example `concepts`: language to field to texts."""
    found = []
    for path in sorted(FOLDER.glob(f"{kind}-*.jsonl")):
        with path.open(encoding="utf-8") as lines:
            found.extend(json.loads(line)["lang"] for line in lines)
    return found


def concept_list(known: list[Concept], rng: random.Random, apart: float = ACROSS) -> tuple[str, NoteList]:
    """A list about one concept, and the language of its query, from which the answer's differs with a chance `apart`."""
    index = rng.randrange(len(known))
    concept = known[index]
    languages = sorted(concept)
    lang = rng.choice(languages)
    across, mixed = rng.random() < apart, rng.random() < MIXED
    given = rng.choice([other for other in languages if other != lang]) if across else lang

    def pick() -> str:
        """The language of a text that does not answer: often the query's, whose words it may then repeat."""
        return rng.choice(languages) if mixed else rng.choice((lang, given))

    query = rng.choice(concept[lang]["says" if rng.random() < ASKED_BY_NOTE else "asks"])
    notes = [rng.choice([text for text in concept[given]["says"] if text != query])]
    wrong = [(name, i) for name in ("not", "near") for i in range(len(concept[lang].get(name, [])))]
    notes += [concept[pick()][name][i] for name, i in wrong]
    for i in rng.sample([i for i in range(len(known)) if i != index], OTHER):
        spoken = [one for one in (lang, given) if one in known[i]] or sorted(known[i])
        fields = known[i][rng.choice(spoken)]
        notes.append(rng.choice(fields[rng.choice([name for name in fields if name != "asks"])][:2]))
    return lang, NoteList(query, notes, [1.0] + [0.0] * (len(notes) - 1))


def renumber(texts: list[str], rng: random.Random) -> list[str]:
    """The texts with the digits of numbers of three or more, but for years, exchanged for others, alike in all."""
    digits = list("123456789")
    others = dict(zip(digits, rng.sample(digits, len(digits)), strict=True)) | {"0": "0"}
    return [_LONG_NUMBER.sub(lambda found: "".join(others[d] for d in found[0]), text) for text in texts]


def sibling_list(known: list[Concept], rng: random.Random) -> tuple[str, NoteList]:
    """A list of the notes of a set, one of which is asked for, and of others."""
    index = rng.randrange(len(known))
    lang = rng.choice(sorted(known[index]))
    notes, asks = known[index][lang]["notes"], known[index][lang]["asks"]
    right = rng.randrange(len(notes))
    others = rng.sample([i for i in range(len(known)) if i != index and lang in known[i]], OTHER_SETS)
    far = [rng.choice(known[i][lang]["notes"]) for i in others]
    query, *texts = renumber([rng.choice(asks[right]), *notes], rng)
    texts = [texts[right], *texts[:right], *texts[right + 1 :], *far]
    return lang, NoteList(query, texts, [1.0] + [0.0] * (len(texts) - 1))


def subject_list(known: list[Concept], rng: random.Random) -> tuple[str, NoteList]:
    """A list about a subject in many languages, and the language of its query."""
    return concept_list(known, rng, SUBJECTS_ACROSS)


def thread_list(known: list[dict[str, dict]], rng: random.Random) -> tuple[str, NoteList]:
    """A list of the comments on a question, one of which helps, and of comments on other questions."""
    index = rng.randrange(len(known))
    ((lang, thread),) = known[index].items()
    others = [one for i, one in enumerate(known) if i != index and lang in one] or known
    far = [rng.choice(next(iter(one.values()))["good"]) for one in rng.sample(others, min(2, len(others)))]
    texts = [rng.choice(thread["good"]), *thread["bad"], *far]
    return lang, NoteList(thread["question"], texts, [1.0] + [0.0] * (len(texts) - 1))


def everyday_lists(count: int, rng: random.Random) -> Iterator[tuple[str, NoteList]]:
    """About `count` lists with the languages of their queries: a share of appointments, and concepts."""
    for lang in sorted(PHRASES):
        for made in note_lists(lang, int(count * APPOINTMENTS / len(PHRASES)), rng):
            yield lang, made
    kinds = [
        (concept_list, read("concepts")),
        (concept_list, read("facts")),
        (sibling_list, read("siblings")),
        (subject_list, read("across")),
        (thread_list, read("threads")),
    ]
    given = [FACTS, SIBLINGS, SUBJECTS, THREADS]
    shares = [1 - APPOINTMENTS - sum(given), *given]
    for _ in range(int(count * (1 - APPOINTMENTS))):
        make, known = rng.choices(kinds, shares)[0]
        yield make(known, rng)
