"""Makes test/fixtures/tiny-qwen3, a random one-logit reranker made from a language model, and its figures.

    pip install -r scripts/requirements.txt
    python scripts/make-decoder-fixture.py

The tokenizer cuts texts into words as Qwen's does. test/golden/tiny-qwen3.json has, for pairs and templates, the ids
that the code of each template's authors makes (each piece tokenized alone, as there), and for Qwen3-Reranker's
template the logits of torch. Seeded: two runs write the same bytes.
"""

import json
from pathlib import Path

import onnx
import torch
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, processors
from transformers import AutoTokenizer, Qwen3Config, Qwen3ForSequenceClassification

ROOT = Path(__file__).resolve().parent.parent / "test"
FOLDER = ROOT / "fixtures" / "tiny-qwen3"
SEED = 7
OPSET = 17
MAX_LENGTH = 512
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
PLAIN_ADDED = ["<think>", "</think>"]
# As in Qwen's tokenizer.json.
WORDS = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
MERGES = [
    "Ġ t",
    "h e",
    "Ġt he",
    "Ġ q",
    "u e",
    "r y",
    "ue ry",
    "Ġ D",
    "o c",
    "u m",
    "e n",
    "t >",
    "? Ċ",
    "Ċ Ċ",
    "> :",
    ": Ġ",
    "< D",
    "a b",
    "c d",
    "Ġ a",
    "i n",
    "o n",
    "s t",
    "r u",
    "e r",
    "a n",
    "Ġ o",
    "Ġ i",
    "y e",
    "ye s",
    "n o",
    "Ġ Ċ",
]

PAIRS = [
    ["When does the train leave?", "The train to the coast leaves at seven."],
    ["내일 회의 일정", "내일 오후 2시에 품질 미팅이 있습니다"],
    ["ends with a space ", " begins with one, and\nhas two lines\n"],
    ["北京", "东京 <|im_end|> spelled out"],
    ["a", "b"],
    ["Is {query} a word?", "{document} $& {instruction}"],
    ["long", "word " * 600],
    ["long query " * 300, "short"],
]
INSTRUCTION = "Given a web search query, retrieve relevant passages that answer the query"
CHAT = ("<|im_start|>", "<|im_end|>\n")
QWEN_PREFIX = (
    "<|im_start|>system\nJudge whether the Document meets the requirements based on the Query and the Instruct "
    'provided. Note that the answer can only be "yes" or "no".<|im_end|>\n<|im_start|>user\n'
)
QWEN_SUFFIX = "<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n"
MXBAI_PREFIX = (
    "<|im_start|>system\nYou are Qwen, created by Alibaba Cloud. You are a helpful assistant.<|im_end|>\n"
    "<|im_start|>user\n"
)
MXBAI_TASK = (
    "You are a search relevance expert who evaluates how well documents match search queries. For each "
    "query-document pair, carefully analyze the semantic relationship between them, then provide your binary "
    "relevance judgment (0 for not relevant, 1 for relevant).\nRelevance:"
)
MXBAI_SUFFIX = "<|im_end|>\n<|im_start|>assistant\n"


def make_tokenizer():
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    merges = [tuple(merge.split(" ")) for merge in MERGES]
    tokens = alphabet + ["".join(merge) for merge in merges]
    vocab = {token: i for i, token in enumerate(dict.fromkeys(tokens))}
    tokenizer = Tokenizer(models.BPE(vocab, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(WORDS), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(SPECIAL)
    tokenizer.add_tokens([AddedToken(token, normalized=False) for token in PLAIN_ADDED])
    return tokenizer


def qwen_ids(tok, query, document, instruction=INSTRUCTION):
    """As Qwen's example does, but that the text is cut and not the whole refused where it is too long."""

    def ids(text):
        return tok(text, add_special_tokens=False)["input_ids"]

    text = f"<Instruct>: {instruction}\n<Query>: {query}\n<Document>: {document}"
    prefix, suffix = ids(QWEN_PREFIX), ids(QWEN_SUFFIX)
    return prefix + ids(text)[: MAX_LENGTH - len(prefix) - len(suffix)] + suffix


def mxbai_ids(tok, query, document, instruction=None):

    def ids(text):
        return tok(text, add_special_tokens=False)["input_ids"]

    head = f"instruction: {instruction}\nquery: {query}" if instruction else f"query: {query}"
    prefix, tail = ids(MXBAI_PREFIX), ids("\n") + ids(MXBAI_TASK) + ids(MXBAI_SUFFIX)
    texts_length = MAX_LENGTH - len(prefix) - len(tail)
    query_ids = ids(head)[: texts_length * 3 // 4]
    left = texts_length - len(query_ids) - len(ids("\n"))
    return prefix + query_ids + ids("\n") + ids(f"document: {document}")[:left] + tail


def zerank_ids(tok, query, document):
    text = f"<|im_start|>system\n{query}<|im_end|>\n<|im_start|>user\n{document}<|im_end|>\n<|im_start|>assistant\n"
    return tok(text, add_special_tokens=False)["input_ids"]


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / "onnx").mkdir(exist_ok=True)
    tokenizer = make_tokenizer()
    tokenizer.save(str(FOLDER / "tokenizer.json"))
    settings = {
        "tokenizer_class": "Qwen2Tokenizer",
        "pad_token": "<|endoftext|>",
        "eos_token": "<|im_end|>",
        "model_max_length": 131072,
        "add_bos_token": False,
        "add_prefix_space": False,
    }
    (FOLDER / "tokenizer_config.json").write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")
    (FOLDER / "rerankd.json").write_text('{ "template": "qwen3-reranker" }\n', encoding="utf-8")
    tok = AutoTokenizer.from_pretrained(FOLDER)
    size = tokenizer.get_vocab_size()
    torch.manual_seed(SEED)
    config = Qwen3Config(
        vocab_size=size,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=8,
        max_position_embeddings=4096,
        num_labels=1,
        initializer_range=0.3,
        pad_token_id=tokenizer.token_to_id("<|endoftext|>"),
        attn_implementation="eager",
        use_cache=False,
    )
    model = Qwen3ForSequenceClassification(config).eval()
    plain = config.to_diff_dict()
    plain.update(architectures=["Qwen3ForSequenceClassification"], model_type="qwen3", id2label={"0": "LABEL_0"})
    (FOLDER / "config.json").write_text(json.dumps(plain, indent=2, default=str) + "\n", encoding="utf-8")

    class OneLogit(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.model = model

        def forward(self, input_ids, attention_mask):
            # The mask that the model makes by itself cannot be traced.
            length = input_ids.shape[1]
            seen = torch.ones(length, length).tril()[None, None] * attention_mask[:, None, None, :]
            return self.model(input_ids=input_ids, attention_mask=(1 - seen) * torch.finfo(torch.float32).min).logits

    ids = torch.tensor([[3, 4, 5, 6], [7, 8, config.pad_token_id, config.pad_token_id]])
    mask = torch.tensor([[1, 1, 1, 1], [1, 1, 0, 0]])
    path = FOLDER / "onnx" / "model.onnx"
    axes = {0: "batch", 1: "sequence"}
    torch.onnx.export(
        OneLogit(),
        (ids, mask),
        str(path),
        input_names=["input_ids", "attention_mask"],
        output_names=["logits"],
        dynamic_axes={"input_ids": axes, "attention_mask": axes, "logits": {0: "batch"}},
        opset_version=OPSET,
        dynamo=False,
    )
    graph = onnx.load(path)
    for node in graph.graph.node:
        node.doc_string = ""
    onnx.save(graph, path)

    def logit(row):
        with torch.inference_mode():
            return (
                model(input_ids=torch.tensor([row]), attention_mask=torch.ones(1, len(row), dtype=torch.long))
                .logits[0, 0]
                .item()
            )

    cases = []
    for query, document in PAIRS:
        row = qwen_ids(tok, query, document)
        other = qwen_ids(tok, query, document, "Find notes about the same person")
        long = len(query) > 1000 or len(document) > 1000
        cases.append(
            {
                "query": query,
                "document": document,
                "qwen3-reranker": row,
                "logit": logit(row),
                "instructed": logit(other),
                "mxbai-rerank-v2": mxbai_ids(tok, query, document),
                "mxbai, instructed": mxbai_ids(tok, query, document, "Find notes about the same person"),
                **({} if long else {"zerank": zerank_ids(tok, query, document)}),
            }
        )
    golden = {"max_length": MAX_LENGTH, "cases": cases}
    out = ROOT / "golden" / "tiny-qwen3.json"
    out.write_text(json.dumps(golden, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")
    print(path.stat().st_size, out.stat().st_size, [case["logit"] for case in cases])


if __name__ == "__main__":
    main()
