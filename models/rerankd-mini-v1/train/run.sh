#!/usr/bin/env bash
# Makes the model again: tokenizer, lists, training, calibration, export, evaluation, card.
# Usage: run.sh [data folder] [scratch folder]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
data=${1:-../shared/data}
scratch=${2:-$(mktemp -d)}

# Large buffers stay with the process instead of being returned to the system at every step.
export MALLOC_MMAP_THRESHOLD_=8589934592 MALLOC_TRIM_THRESHOLD_=17179869184
export OMP_WAIT_POLICY=passive

python "$here/tokenizer.py" --data "$data"
python "$here/mine.py" --data "$data" --out "$scratch/lists.npz"
python "$here/train.py" --lists "$scratch/lists.npz" --checkpoint "$scratch/checkpoint.pt" | tee "$here/train.log"
python "$here/calibrate.py" --lists "$scratch/lists.npz" --checkpoint "$scratch/checkpoint.pt" --out "$scratch/calibrated.pt"
python "$here/export.py" --checkpoint "$scratch/calibrated.pt"
python "$here/evaluate.py" --data "$data" --queries 24 | tee "$here/evaluation.md"
python "$here/card.py" --data "$data"
