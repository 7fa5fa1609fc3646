#!/bin/bash -eu
# Builds the fuzzer from the root of a checkout. The engine, the compiler and the
# folders come from the environment that OSS-Fuzz's images set; smoke.sh sets the
# same for clang of a distribution.
go -C fuzz/libfuzzer build -buildmode=c-archive -tags=libfuzzer -gcflags=all=-d=libfuzzer -trimpath -buildvcs=false -o "$WORK/agree.a" .
# shellcheck disable=SC2086 # flags are words
$CXX $CXXFLAGS $LIB_FUZZING_ENGINE "$WORK/agree.a" -o "$OUT/fuzz_agree"

# Real payloads to start from, each with the two bytes that say "as it is, for the
# first receiver".
seeds=$(mktemp -d)
for f in fuzz/legit/payloads/*.etf; do
  [ "$(wc -c <"$f")" -le 300 ] || continue
  { printf '\000\000'; cat "$f"; } >"$seeds/$(basename "$f")"
done
if command -v zip >/dev/null; then
  (cd "$seeds" && zip -q -r "$OUT/fuzz_agree_seed_corpus.zip" .)
else
  rm -rf "$OUT/fuzz_agree_seed_corpus" && mv "$seeds" "$OUT/fuzz_agree_seed_corpus"
fi
