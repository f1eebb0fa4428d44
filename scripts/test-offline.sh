#!/usr/bin/env bash
# Reranks 100,000 rows with the examples for Spark, Ray Data and DuckDB, and kills a Spark executor on the way
# (test/interop/offline). Installs the engines into .cache first, 1.1 GB. Needs Python 3.11, Java 17 or newer, and Linux;
# takes minutes. OFFLINE_ROWS sets another number of rows.
set -euo pipefail
cd "$(dirname "$0")/.."
target=.cache/interop/offline

for program in python3 java; do
  command -v "$program" > /dev/null || { echo "test-offline: no $program here" >&2 && exit 1; }
done
[ -x "$target/bin/python" ] || python3 -m venv "$target"
"$target/bin/pip" install --quiet --disable-pip-version-check -r examples/spark/requirements.txt \
  -r examples/ray/requirements.txt -r examples/duckdb/requirements.txt
OFFLINE_ROWS=${OFFLINE_ROWS:-100000} node dist/scripts/test.js interop/offline --minutes-per-file=60
