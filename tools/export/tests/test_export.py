"""Exports tiny models, without a network."""

import json
import sys
import tempfile
import unittest
from pathlib import Path

import onnx

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "fixtures"))

from make_families import Family, bert_tokenizer, families, of
from rerankd_export.__main__ import main
from rerankd_export.export import export_folder
from rerankd_export.recipes import RECIPES, recipe_of
from rerankd_export.source import ExportError, Wish


def save(family: Family, folder: Path) -> None:
    tokenizer = family.tokenizer
    family.model(len(tokenizer), tokenizer.pad_token_id).save_pretrained(folder)
    tokenizer.save_pretrained(folder)


class Export(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.model = Path(folder.name) / "model"
        self.out = Path(folder.name) / "out"

    def test_a_cross_encoder_in_three_types_with_its_parity(self) -> None:
        save(families()["bert-uncased"](), self.model)

        differences = export_folder(self.model, self.out, Wish(max_length=64))

        self.assertLess(differences["fp32"], 1e-4)
        self.assertLess(differences["fp16"], 0.05)
        self.assertLess(differences["int8"], 1)
        parity = json.loads((self.out / "parity.json").read_text(encoding="utf-8"))
        self.assertEqual((len(parity["cases"]), parity["max_length"]), (60, 64))
        self.assertEqual(len({case["language"] for case in parity["cases"]}), 12)
        self.assertIn("sentence-transformers", parity["reference"])
        graph = onnx.load(self.out / "onnx" / "model.onnx").graph
        self.assertEqual([value.name for value in graph.input], ["input_ids", "attention_mask", "token_type_ids"])
        self.assertFalse(any(node.doc_string for node in graph.node))
        quantized = onnx.load(self.out / "onnx" / "model_quantized.onnx").graph
        scales = [tensor for tensor in quantized.initializer if tensor.name.endswith("_scale")]
        self.assertTrue(any(tensor.dims and tensor.dims[0] > 1 for tensor in scales), "weights are not per channel")

    def test_a_causal_model_becomes_a_classifier_with_one_logit(self) -> None:
        save(families()["qwen3-reranker"](), self.model)

        differences = export_folder(
            self.model, self.out, Wish(max_length=256, recipe=RECIPES["qwen3-reranker"]), dtypes=("fp32",)
        )

        self.assertLess(differences["fp32"], 1e-4)
        config = json.loads((self.out / "config.json").read_text(encoding="utf-8"))
        self.assertEqual(config["architectures"], ["Qwen3ForSequenceClassification"])
        self.assertIsInstance(config["pad_token_id"], int)
        template = json.loads((self.out / "rerankd.json").read_text(encoding="utf-8"))
        self.assertEqual(template, {"template": "qwen3-reranker"})
        parity = json.loads((self.out / "parity.json").read_text(encoding="utf-8"))
        self.assertTrue(any("instruction" in case for case in parity["cases"]))
        self.assertEqual([file.name for file in (self.out / "onnx").iterdir()], ["model.onnx"])

    def test_refuses_a_causal_model_without_a_template(self) -> None:
        save(families()["qwen3-reranker"](), self.model)

        with self.assertRaisesRegex(ExportError, "needs --template"):
            export_folder(self.model, self.out, Wish())

    def test_refuses_a_template_that_the_model_does_not_fit(self) -> None:
        save(families()["qwen3-reranker"](), self.model)

        with self.assertRaisesRegex(ExportError, "is of a classifier"):
            export_folder(self.model, self.out, Wish(recipe=RECIPES["llama-nemotron-rerank"]))

    def test_refuses_a_classifier_with_three_labels(self) -> None:
        save(Family(bert_tokenizer(), of("Bert", num_labels=3, hidden_size=12)), self.model)

        with self.assertRaisesRegex(ExportError, "3 labels"):
            export_folder(self.model, self.out, Wish())

    def test_the_command_exports_a_folder_and_says_what_came_of_it(self) -> None:
        save(families()["distilbert"](), self.model)
        arguments = sys.argv
        self.addCleanup(setattr, sys, "argv", arguments)
        sys.argv = ["rerankd-export", str(self.model), str(self.out), "--dtypes", "fp32", "--max-length", "64"]

        self.assertEqual(main(), 0)
        self.assertTrue((self.out / "onnx" / "model.onnx").exists())

    def test_templates_are_known_by_exact_ids_alone(self) -> None:
        self.assertEqual(recipe_of("Qwen/Qwen3-Reranker-0.6B"), RECIPES["qwen3-reranker"])
        self.assertIsNone(recipe_of("someone/Qwen3-Reranker-0.6B"))


if __name__ == "__main__":
    unittest.main()
