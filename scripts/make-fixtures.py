"""Makes the tiny random models of test/fixtures: same files and graph inputs as real ones, of no use for ranking.

    pip install -r scripts/requirements.txt
    python scripts/make-fixtures.py

tiny-xlm-r   XLM-RoBERTa, Unigram, `<s> query </s></s> document </s>`, graph inputs input_ids and attention_mask
tiny-bert    BERT, WordPiece, `[CLS] query [SEP] document [SEP]`, graph input token_type_ids as well; its tokenizer.json
             states a truncation and a padding of its own, which a reader must switch off
odd-logits   graphs whose `logits` are [n] (flat.onnx) and [n, 3] (three.onnx); with s = 0.001 * the sum of a row's ids
             under the mask they answer s, and (s, 2s, 3s)

Seeded: two runs write the same bytes.
"""

import json
import math
import unicodedata
from collections import Counter
from pathlib import Path

import onnx
import torch
from onnx import TensorProto, helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.transformers.float16 import convert_float_to_float16
from tokenizers import (
    AddedToken,
    Regex,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
)
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    XLMRobertaConfig,
    XLMRobertaForSequenceClassification,
)

FIXTURES = Path(__file__).resolve().parent.parent / "test" / "fixtures"
SEED = 7
VOCAB_SIZE = 600
MAX_PIECE_CHARACTERS = 6
UNIGRAM_SPECIAL_TOKENS = ["<s>", "<pad>", "</s>", "<unk>"]
WORD_PIECE_SPECIAL_TOKENS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
OPSET = 17

# Large enough that logits differ between pairs by far more than rounding does.
INITIALIZER_RANGE = 0.3

MODEL_SIZE = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "num_labels": 1,
    "initializer_range": INITIALIZER_RANGE,
    "attn_implementation": "eager",
}

TEXTS = [
    "A B C D E F G H I J K L M N O P Q R S T U V W X Y Z 0 1 2 3 4 5 6 7 8 9 . , ; : ! ? ' ( ) [ ] < > / - _ = %",
    "The train to the coast leaves at seven in the morning and the ticket is cheap.",
    "How do I bake bread without yeast? Mix the flour, the salt and the water, then wait.",
    "El tren de la costa sale a las siete de la mañana y el billete es barato.",
    "Le train pour la côte part à sept heures du matin et le billet n'est pas cher.",
    "Der Zug an die Küste fährt um sieben Uhr morgens, und die Fahrkarte ist günstig.",
    "Il treno per la costa parte alle sette del mattino e il biglietto costa poco.",
    "O comboio para a costa parte às sete da manhã e o bilhete é barato.",
    "De trein naar de kust vertrekt om zeven uur en het kaartje is goedkoop.",
    "Поезд к морю отправляется в семь часов утра, и билет стоит недорого.",
    "Потяг до моря вирушає о сьомій ранку, і квиток коштує недорого.",
    "Pociąg nad morze odjeżdża o siódmej rano, a bilet jest tani.",
    "Kıyıya giden tren sabah yedide kalkar ve bilet ucuzdur.",
    "Chuyến tàu ra biển khởi hành lúc bảy giờ sáng và vé rất rẻ.",
    "Kereta ke pantai berangkat pukul tujuh pagi dan tiketnya murah.",
    "Το τρένο για την ακτή φεύγει στις επτά το πρωί και το εισιτήριο είναι φτηνό.",
    "바다로 가는 기차는 아침 일곱 시에 떠나고 표는 싸다.",
    "海辺へ行く電車は朝七時に出て、切符は安いです。",
    "去海边的火车早上七点出发，票很便宜。",
    "القطار إلى الساحل يغادر في السابعة صباحا والتذكرة رخيصة.",
    "הרכבת לחוף יוצאת בשבע בבוקר והכרטיס זול.",
    "समुद्र तट की ट्रेन सुबह सात बजे चलती है और टिकट सस्ता है।",
    "รถไฟไปทะเลออกเจ็ดโมงเช้าและตั๋วราคาถูก",
]


def frequent_pieces(words: list[str], count: int) -> list[tuple[str, int]]:
    """Returns every character of the words and the most frequent strings of up to 6, with how often each occurs.

    The trainers of the tokenizers library are not used, because they break ties differently in every run.
    """
    occurrences: Counter[str] = Counter()
    for word in words:
        for start in range(len(word)):
            for end in range(start + 1, min(start + MAX_PIECE_CHARACTERS, len(word)) + 1):
                occurrences[word[start:end]] += 1

    def rank(piece: str) -> tuple[bool, int, str]:
        return (len(piece) > 1, -occurrences[piece] * len(piece), piece)

    pieces = sorted(occurrences, key=rank)[:count]
    return [(piece, occurrences[piece]) for piece in pieces]


def make_unigram() -> Tokenizer:
    words = ["▁" + word for text in TEXTS for word in unicodedata.normalize("NFKC", text).split()]
    pieces = frequent_pieces(words, VOCAB_SIZE - len(UNIGRAM_SPECIAL_TOKENS) - 1)
    total = sum(occurrences for _, occurrences in pieces)
    scores = [
        # The rank keeps apart the scores of equally frequent pieces: a tie has no one right answer.
        (piece, math.log(occurrences / total) - 0.001 * rank)
        for rank, (piece, occurrences) in enumerate(pieces)
    ]
    vocab = [(token, 0.0) for token in UNIGRAM_SPECIAL_TOKENS] + scores
    tokenizer = Tokenizer(models.Unigram(vocab, UNIGRAM_SPECIAL_TOKENS.index("<unk>"), False))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.add_special_tokens(UNIGRAM_SPECIAL_TOKENS)
    tokenizer.add_special_tokens([AddedToken("<mask>", lstrip=True, special=True)])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", 0), ("</s>", 2)],
    )
    return tokenizer


def make_word_piece() -> Tokenizer:
    normalizer = normalizers.BertNormalizer(lowercase=True)
    pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    words = [word for text in TEXTS for word, _ in pre_tokenizer.pre_tokenize_str(normalizer.normalize_str(text))]
    pieces = [piece for piece, _ in frequent_pieces(words, VOCAB_SIZE)]
    continued = [f"##{piece}" for piece in pieces]
    tokens = [token for pair in zip(pieces, continued, strict=True) for token in pair]
    vocab = (WORD_PIECE_SPECIAL_TOKENS + tokens)[:VOCAB_SIZE]
    tokenizer = Tokenizer(models.WordPiece({token: i for i, token in enumerate(vocab)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.add_special_tokens(WORD_PIECE_SPECIAL_TOKENS)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[
            ("[CLS]", tokenizer.token_to_id("[CLS]")),
            ("[SEP]", tokenizer.token_to_id("[SEP]")),
        ],
    )
    tokenizer.enable_truncation(max_length=16)
    tokenizer.enable_padding(length=20, pad_id=0, pad_token="[PAD]")
    return tokenizer


def export_onnx(model: torch.nn.Module, inputs: list[str], path: Path) -> None:
    row = torch.tensor([[0, 5, 6, 2, 2, 7, 8, 2]])
    values = {
        "input_ids": row,
        "attention_mask": torch.ones_like(row),
        "token_type_ids": torch.zeros_like(row),
    }
    axes = {0: "batch", 1: "sequence"}
    torch.onnx.export(
        model,
        kwargs={name: values[name] for name in inputs},
        f=str(path),
        input_names=inputs,
        output_names=["logits"],
        dynamic_axes={**dict.fromkeys(inputs, axes), "logits": {0: "batch"}},
        opset_version=OPSET,
        dynamo=False,
    )


def write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def write_model(
    folder: Path,
    model: torch.nn.Module,
    tokenizer: Tokenizer,
    tokenizer_config: dict[str, object],
    inputs: list[str],
) -> None:
    onnx_folder = folder / "onnx"
    onnx_folder.mkdir(parents=True, exist_ok=True)
    model.eval()
    model.save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    write_json(folder / "tokenizer_config.json", tokenizer_config)

    full = onnx_folder / "model.onnx"
    export_onnx(model, inputs, full)
    half = convert_float_to_float16(onnx.load(full), keep_io_types=False)
    onnx.save(half, onnx_folder / "model_fp16.onnx")
    quantize_dynamic(full, onnx_folder / "model_quantized.onnx", weight_type=QuantType.QInt8)


def make_xlm_r() -> None:
    tokenizer = make_unigram()
    torch.manual_seed(SEED)
    config = XLMRobertaConfig(
        **MODEL_SIZE,
        vocab_size=tokenizer.get_vocab_size(),
        # 128 tokens: positions are counted from the padding id, 1, plus one.
        max_position_embeddings=130,
        type_vocab_size=1,
        bos_token_id=0,
        pad_token_id=1,
        eos_token_id=2,
    )
    tokenizer_config = {
        "tokenizer_class": "XLMRobertaTokenizer",
        "model_max_length": 128,
        "bos_token": "<s>",
        "eos_token": "</s>",
        "sep_token": "</s>",
        "cls_token": "<s>",
        "unk_token": "<unk>",
        "pad_token": "<pad>",
        "mask_token": "<mask>",
    }
    model = XLMRobertaForSequenceClassification(config)
    inputs = ["input_ids", "attention_mask"]
    write_model(FIXTURES / "tiny-xlm-r", model, tokenizer, tokenizer_config, inputs)


def make_bert() -> None:
    tokenizer = make_word_piece()
    torch.manual_seed(SEED)
    config = BertConfig(
        **MODEL_SIZE,
        vocab_size=tokenizer.get_vocab_size(),
        max_position_embeddings=128,
        type_vocab_size=2,
        pad_token_id=0,
    )
    tokenizer_config = {
        "tokenizer_class": "BertTokenizer",
        "model_max_length": 128,
        "do_lower_case": True,
        "unk_token": "[UNK]",
        "sep_token": "[SEP]",
        "pad_token": "[PAD]",
        "cls_token": "[CLS]",
        "mask_token": "[MASK]",
    }
    model = BertForSequenceClassification(config)
    inputs = ["input_ids", "attention_mask", "token_type_ids"]
    write_model(FIXTURES / "tiny-bert", model, tokenizer, tokenizer_config, inputs)


def make_odd_logits(name: str, columns: int) -> None:
    """Writes a graph whose logits are [n] for 0 columns, else [n, columns]."""
    matrix = ["batch", "sequence"]
    inputs = [
        helper.make_tensor_value_info("input_ids", TensorProto.INT64, matrix),
        helper.make_tensor_value_info("attention_mask", TensorProto.INT64, matrix),
    ]
    factors = [0.001 * (column + 1) for column in range(max(columns, 1))]
    shape = [len(factors)] if columns > 0 else []
    constants = [
        helper.make_tensor("factors", TensorProto.FLOAT, shape, factors),
        helper.make_tensor("sequence_axis", TensorProto.INT64, [1], [1]),
    ]
    nodes = [
        helper.make_node("Mul", ["input_ids", "attention_mask"], ["masked"]),
        helper.make_node("Cast", ["masked"], ["numbers"], to=TensorProto.FLOAT),
        helper.make_node("ReduceSum", ["numbers", "sequence_axis"], ["sums"], keepdims=int(columns > 0)),
        helper.make_node("Mul", ["sums", "factors"], ["logits"]),
    ]
    output = helper.make_tensor_value_info(
        "logits", TensorProto.FLOAT, ["batch", columns] if columns > 0 else ["batch"]
    )
    graph = helper.make_graph(nodes, name, inputs, [output], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
    onnx.checker.check_model(model)
    folder = FIXTURES / "odd-logits"
    folder.mkdir(parents=True, exist_ok=True)
    onnx.save(model, folder / f"{name}.onnx")


if __name__ == "__main__":
    make_xlm_r()
    make_bert()
    make_odd_logits("flat", 0)
    make_odd_logits("three", 3)
