#!/usr/bin/env bash
# Exits with 1 if the checks left files that git does not know, or changed some.
set -euo pipefail
cd "$(dirname "$0")/../.."
changes=$(git status --porcelain)
if [ -n "$changes" ]; then
  printf 'the checks left git dirty:\n%s\n' "$changes" >&2
  exit 1
fi
echo "git is clean"
