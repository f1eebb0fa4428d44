"""Lists of short everyday notes: appointments from word lists, and concepts with answers, near-misses and translations.

`everyday/concepts-*.jsonl` holds concepts, written for this model. Each has, in six languages, queries (`asks`), notes
that answer them in other words (`says`), notes in like words that do not (`not`: negated, another date, number or
person), and notes about something near (`near`). The same place in two languages means the same.
"""

from __future__ import annotations

import json
import random
from pathlib import Path

from appointments import PHRASES, NoteList, note_lists

FOLDER = Path(__file__).parent / "everyday"
# How often the texts of a list are of another language than its query, and of several.
ACROSS, MIXED = 0.4, 0.15
APPOINTMENTS = 0.25
HARD, OTHER = 5, 4


def concepts() -> list[dict[str, dict[str, list[str]]]]:
    """All concepts: language to field to texts."""
    found = []
    for path in sorted(FOLDER.glob("concepts-*.jsonl")):
        with path.open(encoding="utf-8") as lines:
            found.extend(json.loads(line)["lang"] for line in lines)
    return found


def concept_list(known: list[dict], lang: str, rng: random.Random) -> NoteList:
    """A list whose query is of `lang`."""
    index = rng.randrange(len(known))
    concept = known[index]
    across, mixed = rng.random() < ACROSS, rng.random() < MIXED
    languages = sorted(concept)
    given = rng.choice([other for other in languages if other != lang]) if across else lang

    def pick() -> str:
        return rng.choice(languages) if mixed else given

    query = rng.choice(concept[lang]["asks"])
    notes = [rng.choice(concept[pick()]["says"])]
    wrong = [concept[pick()][name][i] for name in ("not", "near") for i in range(2)]
    # Asks for something else in the query's own language: shares the language, not the meaning.
    others = rng.sample([i for i in range(len(known)) if i != index], OTHER)
    far = [rng.choice(known[i][rng.choice([lang, pick()])][rng.choice(["says", "not"])]) for i in others]
    notes += wrong + far
    return NoteList(query, notes, [1.0] + [0.0] * (len(notes) - 1))


def everyday_lists(lang: str, count: int, rng: random.Random) -> list[NoteList]:
    """`count` lists with queries of a language: a share of appointments where there are word lists for them, and
    concepts."""
    known = concepts()
    appointments = int(count * APPOINTMENTS) if lang in PHRASES else 0
    lists = note_lists(lang, appointments, rng) if appointments else []
    if known and lang in known[0]:
        lists += [concept_list(known, lang, rng) for _ in range(count - len(lists))]
    return lists
