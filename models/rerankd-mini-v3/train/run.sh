#!/usr/bin/env bash
# Makes the model again: tokenizer, lists, embeddings, heads, export, evaluation, card.
# Usage: run.sh [data folder] [scratch folder]. Run again with the same scratch folder, it goes on where it stopped.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
data=$(realpath "${1:-../shared/data}")
scratch=${2:-$(mktemp -d)}
mkdir -p "$scratch"
cd "$scratch"

# Large buffers stay with the process instead of being returned to the system at every step.
export MALLOC_MMAP_THRESHOLD_=8589934592 MALLOC_TRIM_THRESHOLD_=17179869184
export OMP_WAIT_POLICY=passive

stage() { # stage NAME COMMAND...: runs a command once, with its output in the log, and notes that it is done
  [ -e "$1.done" ] && return
  echo "== $1" >> "$here/train.log"
  "${@:2}" 2>&1 | tee -a "$here/train.log"
  touch "$1.done"
}

[ -e tokenizer.done ] || : > "$here/train.log"
stage tokenizer python "$here/tokenizer.py" --data "$data"
stage mine python "$here/mine.py" --data "$data"
stage encode python "$here/encode.py"
stage neighbours python "$here/neighbours.py"
stage static python "$here/static.py"
stage heads python "$here/heads.py"
python "$here/export.py"
python "$here/evaluate.py" --data "$data" --out "$here/evaluation.json"
python "$here/probes.py" --out "$here/probes.json"
python "$here/card.py" --data "$data"
