#!/usr/bin/env bash
# Checks the workflows of hosted CI with actionlint, which it installs into .cache. Needs Go.
set -euo pipefail
cd "$(dirname "$0")/../.."
bin="$PWD/.cache/lint/bin"
[ -x "$bin/actionlint" ] || GOBIN="$bin" go install github.com/rhysd/actionlint/cmd/actionlint@v1.7.12
"$bin/actionlint" "$@"
