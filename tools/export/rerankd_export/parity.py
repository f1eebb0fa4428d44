"""The pairs that an export is checked with: 60 in 12 languages, long ones included."""

import json
from pathlib import Path

from transformers import PreTrainedTokenizerBase

from rerankd_export.recipes import Pair

INSTRUCTION = "Find timetables and recipes"
PAIRS_FILE = Path(__file__).parent / "pairs.json"


def make_pairs(tokenizer: PreTrainedTokenizerBase, max_length: int, takes_instruction: bool) -> list[tuple[str, Pair]]:
    """Returns pairs with their languages: for each language three short ones, one whose document is longer than the
    model reads, and one whose query takes half of that."""
    pairs: list[tuple[str, Pair]] = []
    for entry in json.loads(PAIRS_FILE.read_text(encoding="utf-8")):
        language = entry["language"]
        first, second = entry["queries"]
        one, two, three = entry["documents"]
        long_document = lengthen(tokenizer, [one, two, three], max_length + 20)
        long_query = lengthen(tokenizer, [first, second], max_length // 2)
        texts = [(first, one), (first, two), (second, three), (second, long_document), (long_query, three)]
        for position, (query, document) in enumerate(texts):
            instruction = INSTRUCTION if takes_instruction and position == 1 else None
            pairs.append((language, Pair(query, document, instruction)))
    return pairs


def lengthen(tokenizer: PreTrainedTokenizerBase, sentences: list[str], tokens: int) -> str:
    """Returns a text of the sentences, over and over, that has at least so many tokens."""
    text = sentences[0]
    position = 1
    while len(tokenizer(text, add_special_tokens=False, truncation=False)["input_ids"]) < tokens:
        text = f"{text} {sentences[position % len(sentences)]}"
        position += 1
    return text


def write_parity(
    path: Path,
    pairs: list[tuple[str, Pair]],
    logits: list[float],
    *,
    reference: str,
    max_length: int,
    positive_label: str | None,
) -> None:
    """Writes the pairs with the reference's logits, a line for each pair. `positive_label` is that of two which means
    "relevant"; None for a model with one."""
    lines = []
    for (language, pair), logit in zip(pairs, logits, strict=True):
        case = {"language": language, "query": pair.query, "document": pair.document}
        if pair.instruction is not None:
            case["instruction"] = pair.instruction
        lines.append(json.dumps({**case, "logit": round(logit, 7)}, ensure_ascii=False))
    settings = {"reference": reference, "max_length": max_length}
    if positive_label is not None:
        settings["positive_label"] = positive_label
    head = "{\n" + "".join(f"{json.dumps(name)}: {json.dumps(value)},\n" for name, value in settings.items())
    path.write_text(f'{head}"cases": [\n' + ",\n".join(lines) + "\n]\n}\n", encoding="utf-8")
