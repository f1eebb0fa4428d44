#!/bin/sh
# Removes from a folder of packages what no program reads: types, source maps and documentation. Licences
# stay.
# Usage: remove-unused.sh NODE_MODULES
set -eu

rm -rf "$1/@types"
find "$1" -type f \( -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' -o -name '*.map' -o -name '*.md' \) \
  ! -iname 'licen[cs]e*' ! -iname 'notice*' -exec rm {} +
