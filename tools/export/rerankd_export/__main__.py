"""The command line: `rerankd-export MODEL OUT`."""

import argparse
import sys
from pathlib import Path

from huggingface_hub import snapshot_download

from rerankd_export.export import export_folder
from rerankd_export.graph import FILE_NAMES
from rerankd_export.recipes import RECIPES, recipe_of
from rerankd_export.source import ExportError, Wish

# Weights of other frameworks, and graphs that are there already.
NOT_NEEDED = ["*.onnx", "*.onnx_data*", "onnx/*", "openvino/*", "*.h5", "*.msgpack", "*.gguf", "*.ot"]


def main() -> int:
    args = parse_arguments()
    recipe = RECIPES[args.template] if args.template else recipe_of(args.model)
    wish = Wish(args.max_length, recipe, args.trust_remote_code)
    folder = Path(args.model)
    if not folder.is_dir():
        folder = Path(snapshot_download(args.model, revision=args.revision, ignore_patterns=NOT_NEEDED))
    try:
        differences = export_folder(folder, args.out, wish, dtypes=args.dtypes, reduce_range=args.reduce_range)
    except ExportError as error:
        print(f"rerankd-export: {error}", file=sys.stderr)
        return 1
    for dtype, difference in differences.items():
        print(f"{FILE_NAMES[dtype]:<22} {dtype:<5} largest difference of a logit: {difference:.2g}")
    print(f"serve it with: rerankd serve --model-id {args.out}")
    return 0


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="rerankd-export", description=__doc__)
    parser.add_argument("model", help="an id on the Hugging Face hub, or a folder")
    parser.add_argument("out", type=Path, help="the folder to write")
    parser.add_argument("--template", choices=RECIPES, help="the template of a language model; known for exact hub ids")
    parser.add_argument("--max-length", type=int, help="longest pair of parity.json in tokens; default: 512 at most")
    parser.add_argument("--dtypes", nargs="+", choices=FILE_NAMES, default=list(FILE_NAMES), help="default: all three")
    parser.add_argument(
        "--reduce-range", action="store_true", help="int8 weights of 7 bits, for CPUs with AVX2 and no VNNI"
    )
    parser.add_argument("--revision", help="a branch, tag or commit of the hub")
    parser.add_argument(
        "--trust-remote-code", action="store_true", help="run the model's own Python code, where it has some"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
