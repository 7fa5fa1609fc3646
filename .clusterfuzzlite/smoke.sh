#!/usr/bin/env bash
# Builds the fuzzer with clang and libFuzzer of this machine and runs it RUNS times
# (20000). What it does not try is the container: that needs a Docker engine.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
command -v clang++ >/dev/null || { echo "this needs clang and its runtime; on Debian: apt-get install clang libclang-rt-14-dev" >&2; exit 3; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
mkdir "$tmp/out" "$tmp/work" "$tmp/corpus"
export CC=clang CXX=clang++ CXXFLAGS="-O1 -fno-omit-frame-pointer" LIB_FUZZING_ENGINE=-fsanitize=fuzzer OUT=$tmp/out WORK=$tmp/work
bash .clusterfuzzlite/build.sh
[[ ! -f $OUT/fuzz_agree_seed_corpus.zip ]] || unzip -q -d "$OUT/fuzz_agree_seed_corpus" "$OUT/fuzz_agree_seed_corpus.zip"
"$OUT/fuzz_agree" -runs="${RUNS:-20000}" -max_len=4096 -print_final_stats=1 "$tmp/corpus" "$OUT/fuzz_agree_seed_corpus"
