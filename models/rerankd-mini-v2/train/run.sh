#!/usr/bin/env bash
# Makes the model again: tokenizer, lists, embeddings, matching stage, heads, export, evaluation, card.
# Usage: run.sh [data folder] [scratch folder]. Run again with the same scratch folder, it goes on where it stopped.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
data=${1:-../shared/data}
scratch=${2:-$(mktemp -d)}
cd "$scratch"

# Large buffers stay with the process instead of being returned to the system at every step.
export MALLOC_MMAP_THRESHOLD_=8589934592 MALLOC_TRIM_THRESHOLD_=17179869184
export OMP_WAIT_POLICY=passive

stage() { # stage NAME COMMAND...: runs a command once, and notes that it is done
  [ -e "$1.done" ] && return
  "${@:2}"
  touch "$1.done"
}

train() { # train NAME ARGS...: trains a stage, from its checkpoint if there is one
  local resume=()
  [ -e "$1.pt" ] && resume=(--resume)
  python "$here/train.py" --checkpoint "$1.pt" "${@:2}" "${resume[@]}" | tee -a "$here/train.log"
}

[ -e tokenizer.done ] || : > "$here/train.log"
stage tokenizer python "$here/tokenizer.py" --data "$data"
stage mine python "$here/mine.py" --data "$data"
stage encode python "$here/encode.py"
stage static python "$here/static.py" --steps 500
stage match train match --layers 0 --start static.pt --steps 1000 --until 868 --peak 1.5e-3 --hardness 0.85
stage heads python "$here/heads.py" --start match.pt | tee -a "$here/train.log"
python "$here/export.py" --checkpoint heads.pt
python "$here/evaluate.py" --data "$data" --queries 60 --out "$here/evaluation.json"
python "$here/probes.py" --out "$here/probes.json"
python "$here/card.py" --data "$data"
