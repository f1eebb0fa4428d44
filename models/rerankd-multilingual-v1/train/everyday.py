"""Lists of short everyday notes: appointments from word lists, and concepts with answers, near-misses and translations.

`everyday/concepts-*.jsonl` holds concepts, written for this model. Each has, in three to six languages, queries (`asks`),
notes that answer them, mostly in other words (`says`), notes in like words that do not (`not`: negated, another date,
number or person), and notes about something near (`near`). `everyday/facts-*.jsonl` holds facts, whose answers share
words with their queries and whose four `not` share as many. The same place in two languages means the same.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path

from appointments import PHRASES, NoteList, note_lists

FOLDER = Path(__file__).parent / "everyday"
# How often the texts of a list are of another language than its query, and of several.
ACROSS, MIXED = 0.4, 0.3
APPOINTMENTS, FACTS = 0.1, 0.3
# How often the query is a note, for which what says the same is to be found.
ASKED_BY_NOTE = 0.1
WRONG, OTHER = 4, 5

Concept = dict[str, dict[str, list[str]]]


def read(kind: str) -> list[Concept]:
    """All of a kind, `concepts` or `facts`: language to field to texts."""
    found = []
    for path in sorted(FOLDER.glob(f"{kind}-*.jsonl")):
        with path.open(encoding="utf-8") as lines:
            found.extend(json.loads(line)["lang"] for line in lines)
    return found


def concept_list(known: list[Concept], rng: random.Random) -> tuple[str, NoteList]:
    """A list about one concept, and the language of its query."""
    index = rng.randrange(len(known))
    concept = known[index]
    languages = sorted(concept)
    lang = rng.choice(languages)
    across, mixed = rng.random() < ACROSS, rng.random() < MIXED
    given = rng.choice([other for other in languages if other != lang]) if across else lang

    def pick() -> str:
        """The language of a text that does not answer: often the query's, whose words it may then repeat."""
        return rng.choice(languages) if mixed else rng.choice((lang, given))

    query = rng.choice(concept[lang]["says" if rng.random() < ASKED_BY_NOTE else "asks"])
    notes = [rng.choice([text for text in concept[given]["says"] if text != query])]
    wrong = [(name, i) for name in ("not", "near") for i in range(len(concept[lang].get(name, [])))]
    notes += [concept[pick()][name][i] for name, i in wrong[:WRONG]]
    for i in rng.sample([i for i in range(len(known)) if i != index], OTHER):
        spoken = [one for one in (lang, given) if one in known[i]] or sorted(known[i])
        fields = known[i][rng.choice(spoken)]
        notes.append(rng.choice(fields[rng.choice([name for name in fields if name != "asks"])][:2]))
    return lang, NoteList(query, notes, [1.0] + [0.0] * (len(notes) - 1))


def everyday_lists(count: int, rng: random.Random) -> Iterator[tuple[str, NoteList]]:
    """About `count` lists with the languages of their queries: a share of appointments, and concepts."""
    for lang in sorted(PHRASES):
        for made in note_lists(lang, int(count * APPOINTMENTS / len(PHRASES)), rng):
            yield lang, made
    concepts, facts = read("concepts"), read("facts")
    for _ in range(int(count * (1 - APPOINTMENTS))):
        yield concept_list(facts if facts and rng.random() < FACTS else concepts, rng)
