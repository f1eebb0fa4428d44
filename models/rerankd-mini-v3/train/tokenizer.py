"""Trains the Unigram tokenizer on a language-balanced sample and writes it in the XLM-R layout.

Pieces are learned inside runs of one script, digits of at most four, and single punctuation marks, so no
piece crosses such a border. The shipped file therefore needs only the standard XLM-R pre-tokenizer.
"""

from __future__ import annotations

import argparse
import json
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tokenizers import (
    AddedToken,
    Regex,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)

from data import DEFAULT_DATA, read_pairs, training_sources
from notes import note_lists

VOCAB_SIZE = 48_000
MAX_PIECE_CHARS = 16
MAX_LENGTH = 1024
SPECIAL = ["<s>", "<pad>", "</s>", "<unk>"]

# Characters of training text per language; a smaller language is repeated up to MAX_REPEAT times.
BUDGET = {"ko": 5_000_000, "en": 4_500_000, "ja": 3_500_000, "zh": 3_500_000}
BUDGET |= dict.fromkeys(("fa", "th", "tr", "no", "id"), 1_200_000)
BUDGET |= dict.fromkeys(("fr", "es", "de", "ru", "pt", "it"), 800_000)
DEFAULT_BUDGET = 250_000
MAX_REPEAT = 2
MIN_CHAR_COUNT = 8

# Large sets of one narrow kind of text, cut to so many pairs, and sets of everyday language, repeated.
PAIR_LIMITS = {"ko__docs-mscpp": 4000, "ko__tldr": 6000, "ja__docs-otel": 1000}
REPEATS = {"ko__chatbot-qa": 6}
NOTES = {"ko": 20_000, "en": 2000, "ja": 4000, "zh": 4000}

# With all that stands between Han and its compatibility forms, Hangul too.
HAN = "\u3400-\u4dbf\u4e00-\ufaff"
HIRAGANA = "぀-ゟ"
KATAKANA = "゠-ヿ"
TRAINING_SPLITS = (
    r"▁?[0-9]{1,4}",
    r"▁?[^\p{L}\p{M}\p{N}▁]",
    f"▁?[{HAN}]+",
    f"▁?[{HIRAGANA}]+",
    f"▁?[{KATAKANA}]+",
    "▁?[가-힣]+",
)


def hangul_ksx1001() -> set[str]:
    """The 2,350 syllables of KS X 1001, the ones that plain Korean text uses."""
    rows = range(0xB0, 0xC9)
    return {bytes((row, cell)).decode("euc_kr") for row in rows for cell in range(0xA1, 0xFF)}


def base_alphabet() -> set[str]:
    """Characters that are always pieces: KS X 1001 Hangul, kana, printable ASCII in lower case."""
    kana = {chr(c) for c in range(0x3041, 0x3097)} | {chr(c) for c in range(0x30A1, 0x30FB)}
    ascii_ = {chr(c).lower() for c in range(0x21, 0x7F)}
    return hangul_ksx1001() | kana | ascii_ | set("ー。、・「」『』（）！？…·") - set("（）！？…")


def normalizer() -> normalizers.Normalizer:
    return normalizers.Sequence(
        [normalizers.NFKC(), normalizers.Lowercase(), normalizers.Replace(Regex(" {2,}"), " ")]
    )


def balanced_texts(data: Path, seed: int = 1) -> list[str]:
    """Queries and passages, cut or repeated to each language's budget, normalised."""
    by_lang: dict[str, list[str]] = {}
    for source in training_sources(data):
        pairs = read_pairs(source)[: PAIR_LIMITS.get(source.name)]
        texts = {text for pair in pairs for text in (pair.query, pair.passage)}
        by_lang.setdefault(source.lang, []).extend(sorted(texts) * REPEATS.get(source.name, 1))
    rng = random.Random(seed)
    for lang, count in NOTES.items():
        notes = [note for made in note_lists(lang, count // 7, rng) for note in made.notes]
        by_lang[lang].extend(notes)
    normalize = normalizer().normalize_str
    sample: list[str] = []
    for lang, texts in sorted(by_lang.items()):
        rng.shuffle(texts)
        left = BUDGET.get(lang, DEFAULT_BUDGET)
        for text in texts * MAX_REPEAT:
            if left <= 0:
                break
            text = normalize(text[:2000])
            sample.append(text)
            left -= len(text)
    rng.shuffle(sample)
    return sample


def train(texts: list[str]) -> Tokenizer:
    """Learns the pieces. Characters too rare for a piece are blanked out beforehand."""
    counts = Counter(char for text in texts for char in text)
    alphabet = base_alphabet() | {char for char, n in counts.items() if n >= MIN_CHAR_COUNT}
    blank = {ord(char): " " for char in counts if char not in alphabet}

    tokenizer = Tokenizer(models.Unigram())
    word_start = pre_tokenizers.Metaspace(prepend_scheme="always")
    splits = [pre_tokenizers.Split(Regex(pattern), "isolated") for pattern in TRAINING_SPLITS]
    whitespace = pre_tokenizers.WhitespaceSplit()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([whitespace, word_start, *splits])
    trainer = trainers.UnigramTrainer(
        vocab_size=VOCAB_SIZE - 1,
        special_tokens=SPECIAL,
        unk_token="<unk>",
        initial_alphabet=sorted(alphabet - {" "}),
        max_piece_length=MAX_PIECE_CHARS,
        show_progress=False,
    )

    def lines() -> Iterator[str]:
        for text in texts:
            yield text.translate(blank)

    tokenizer.train_from_iterator(lines(), trainer, length=len(texts))
    return tokenizer


def assemble(trained: Tokenizer) -> Tokenizer:
    """Puts the learned pieces into the standard XLM-R pipeline."""
    learned = json.loads(trained.to_str())["model"]["vocab"]
    pieces = [(piece, round(score, 4)) for piece, score in learned if piece not in SPECIAL]
    lowest = min(score for _, score in pieces)
    if "▁" not in dict(pieces):
        pieces.append(("▁", lowest))
    vocab = [(token, 0.0) for token in SPECIAL] + pieces[: VOCAB_SIZE - len(SPECIAL) - 1]
    vocab.append(("<mask>", 0.0))
    tokenizer = Tokenizer(models.Unigram(vocab, unk_id=SPECIAL.index("<unk>")))
    tokenizer.normalizer = normalizer()
    whitespace = pre_tokenizers.WhitespaceSplit()
    word_start = pre_tokenizers.Metaspace(prepend_scheme="always")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([whitespace, word_start])
    tokenizer.decoder = decoders.Metaspace(prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", 0), ("</s>", 2)],
    )
    tokenizer.add_special_tokens([AddedToken(token, normalized=False) for token in SPECIAL])
    tokenizer.add_special_tokens([AddedToken("<mask>", lstrip=True, normalized=False)])
    return tokenizer


def save(tokenizer: Tokenizer, folder: Path) -> None:
    """Writes tokenizer.json (compact) and the two configuration files beside it.

    The generic class reads the whole pipeline from tokenizer.json; the XLM-R class of transformers 5 would
    replace the normalizer by its own.
    """
    folder.mkdir(parents=True, exist_ok=True)
    mask = {
        "content": "<mask>",
        "lstrip": True,
        "normalized": False,
        "rstrip": False,
        "single_word": False,
    }
    names = {
        "bos_token": "<s>",
        "eos_token": "</s>",
        "unk_token": "<unk>",
        "sep_token": "</s>",
        "pad_token": "<pad>",
        "cls_token": "<s>",
        "mask_token": "<mask>",
    }
    plain = mask | {"lstrip": False}
    added = {str(i): plain | {"content": token, "special": True} for i, token in enumerate(SPECIAL)}
    added[str(tokenizer.token_to_id("<mask>"))] = mask | {"special": True}
    config = names | {
        "added_tokens_decoder": added,
        "clean_up_tokenization_spaces": False,
        "model_max_length": MAX_LENGTH,
        "model_input_names": ["input_ids", "attention_mask"],
        "tokenizer_class": "PreTrainedTokenizerFast",
    }
    compact = json.dumps(json.loads(tokenizer.to_str()), ensure_ascii=False, separators=(",", ":"))
    (folder / "tokenizer.json").write_text(compact, encoding="utf-8")
    for file, content in (("tokenizer_config.json", config), ("special_tokens_map.json", names)):
        text = json.dumps(content, ensure_ascii=False, indent=2) + "\n"
        (folder / file).write_text(text, encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA)
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parent.parent)
    args = parser.parse_args()
    texts = balanced_texts(args.data)
    print(f"{len(texts)} texts, {sum(map(len, texts)) / 1e6:.1f}M characters", flush=True)
    tokenizer = assemble(train(texts))
    save(tokenizer, args.out)
    print(f"{tokenizer.get_vocab_size()} pieces")


if __name__ == "__main__":
    main()
