# The phases of .ci/run; sourced, not run. Each runs in a child of its own with
# $root, $out (kept) and $tmp (not kept) set.

about() {
  case $1 in
  setup) echo "Go, a C compiler for -race, and Erlang, Elixir, Python and Node for the tests" ;;
  format) echo "gofmt" ;;
  vet) echo "go vet in every module" ;;
  lint) echo "staticcheck in every module" ;;
  modules) echo "go mod verify and go mod tidy -diff in every module" ;;
  imports) echo "the library needs nothing but the standard library" ;;
  test) echo "make test: go test ./... in every module" ;;
  cover) echo "statement coverage of the library, at least ${BEAMGATE_COVER:-95}% in each package" ;;
  race) echo "the library's tests under the race detector" ;;
  build) echo "reproducible programs, built twice, and a bill of materials" ;;
  api) echo "changes of the API since the last release" ;;
  fuzz) echo "every fuzz target for $(fuzz_execs) executions" ;;
  differential) echo "$(differential_n) payloads before a BEAM, and corruptions of real ones" ;;
  mutants) echo "planted bugs are found, and $(mutants_sample) mutants of judged checks" ;;
  esac
}

hint() {
  case $1 in
  setup) echo "  It installs Debian packages when CI=true; by hand: apt-get install ${debian[*]}" ;;
  format) echo "  make fmt  writes the files as gofmt wants them." ;;
  lint) echo "  make lint" ;;
  modules) echo "  make tidy  writes go.mod and go.sum." ;;
  test) echo "  make test TESTFLAGS='-run NAME -v'" ;;
  cover) echo "  make cover  writes .out/coverage.html, which shows the lines." ;;
  race) echo "  make race" ;;
  build) echo "  Look for what depends on the folder, the time or the order of a map." ;;
  api) echo "  Undo the change, or describe it under '### Breaking' of [Unreleased] in CHANGELOG.md." ;;
  differential) echo "  The disagreements, made small, are in .out/differential." ;;
  fuzz) echo "  go test -run=FuzzNAME/HASH ./PACKAGE  repeats the input that was written to testdata/fuzz." ;;
  mutants) echo "  A survivor needs a test, or a reason in fuzz/mutants/survivors.txt; see go doc ./fuzz/mutants." ;;
  esac
}

# What the tests need beyond Go: erl and erlc judge, Elixir produces, promtool (of
# the package prometheus) checks the gateway's alert rules, gcc is for the race
# detector, Python and Node run decoders that the corpus is tried on, one of which
# is a native module. A test that needs one of them fails when CI=true and it is
# missing. rebar3 is a Hex client behind the gateway, RabbitMQ the broker of
# examples/amqp.
debian=(erlang-base erlang-inets elixir gcc libc6-dev g++ python3 prometheus rebar3 rabbitmq-server)
programs=(erl erlc elixir gcc c++ python3 node npm promtool rebar3 rabbitmq-server)
# Node may be here from elsewhere than Debian, and then excludes these.
command -v npm >/dev/null || debian+=(nodejs npm libnode-dev)

phase_setup() {
  go version
  git --version
  make --version | sed -n 1p
  local missing=() program
  for program in "${programs[@]}"; do
    command -v "$program" >/dev/null || missing+=("$program")
  done
  # The judge of some tests is an HTTP server of inets.
  if command -v erl >/dev/null && ! erl_has inets; then missing+=(inets); fi
  if [[ ${#missing[@]} -gt 0 ]]; then
    echo "missing: ${missing[*]}"
    if [[ ${CI-} != true ]] || ! command -v apt-get >/dev/null; then
      echo "tests that need them will be skipped; on Debian: apt-get install ${debian[*]}"
      return
    fi
    export DEBIAN_FRONTEND=noninteractive
    retry 4 apt-get -qq update || echo "going on with the package lists that are here"
    retry 4 apt-get -qq -y --no-install-recommends -o Dpkg::Use-Pty=0 install "${debian[@]}"
  fi
  erl -noinput -eval 'io:format("Erlang/OTP ~s, erts ~s~n", [erlang:system_info(otp_release), erlang:system_info(version)]), halt().'
  elixir --version | tail -n 1
  gcc --version | sed -n 1p
}

erl_has() { [[ $(erl -noinput -eval "io:format(\"~p\", [is_list(code:lib_dir($1))]), halt().") == true ]]; }

phase_format() {
  local files
  files=$(find . \( -name .git -o -name node_modules -o -name .out \) -prune -o -name '*.go' -print0 | xargs -0 gofmt -l)
  [[ -z $files ]] || { printf 'not as gofmt writes it:\n%s\n' "$files"; return 1; }
}

phase_vet() { each_module go vet ./...; }

phase_lint() {
  local bin
  bin=$(tool staticcheck)
  "$bin" -version
  each_module "$bin" ./...
}

phase_modules() {
  verify_and_tidy() { go mod verify && go mod tidy -diff; }
  each_module verify_and_tidy
}

phase_imports() {
  local pkgs deps foreign
  pkgs=$(library)
  # -deps follows every import; -test is left out on purpose.
  deps=$(go list -deps -f '{{if not .Standard}}{{.ImportPath}}{{end}}' $pkgs)
  foreign=$(grep -v '^github.com/beamgate/beamgate/' <<<"$deps" || true)
  [[ -z $foreign ]] || { printf 'the library depends on:\n%s\n' "$foreign"; return 1; }
  printf 'packages of the library:\n%s\n' "$pkgs"
}

phase_test() {
  local sum
  sum=$(tool testsum)
  ! command -v erl >/dev/null || export BEAMGATE_ERL=${BEAMGATE_ERL:-$(command -v erl)}
  # The same payloads in each run: a change is judged, not chance. Other seeds
  # are for long runs by hand.
  export BEAMGATE_ERL_SEED=${BEAMGATE_ERL_SEED:-1}
  make --no-print-directory test TESTFLAGS='-json -timeout=10m' 2>&1 | "$sum"
}

phase_cover() {
  local gate pkgs list users
  gate=$(tool covergate)
  pkgs=$(library)
  pkgs=$(go list $pkgs)
  list=$(paste -sd, <<<"$pkgs")
  # Only tests that have the library inside them; the examples' go too far
  # around it.
  users=$(go list -test -f '{{if .ForTest}}{{.ForTest}} {{join .Deps " "}}{{end}}' ./... |
    awk -v m=github.com/beamgate/beamgate/ '{sub(/ \[.*/, "", $1); for (i = 2; i <= NF; i++) if ($i ~ "^" m "(etf|limits|safe|internal/wire)$") {print $1; next}} $1 ~ "^" m "(etf|limits|safe|internal/wire)" {print $1}' |
    grep -v '/examples/\|/internal/house$' | sort -u)
  # The same tests once more, so without the long ones: coverage comes from
  # kinds of input, not from their number.
  export BEAMGATE_N=3000 BEAMGATE_BEAM_N=3000
  go test -short -skip "$(without_sweeps)" -coverpkg="$list" -coverprofile="$out/coverage.out" $users >"$tmp/cover.log" 2>&1 || { cat "$tmp/cover.log"; return 1; }
  "$gate" -min "${BEAMGATE_COVER:-95}" "$out/coverage.out" $pkgs
}

# Long sweeps in one goroutine, measurements of memory and what asks Erlang: they have
# nothing to race about, hardly reach a line that others do not, and take minutes. Each is
# named in full, so that no other test is left out with it; internal/house looks
# whether they are there.
sweeps=(
  TestLimitMatrix TestEveryCode TestCodesBehindFiller TestKeysByRelease TestStructs TestRefuseQuoted
  TestHugePayloads TestPathsInLongPayloads TestResidentMemory
  TestNoAllocations TestDecodeAllocatesExactly TestAllocationFollowsInput TestAllocationFollowsWhatArrives
  TestFrameReaderAllocatesWhatArrived TestFrameReaderAllocatesNothing TestFrameWriterAllocatesNothing
  TestAtomSetHasAllocatesNothing TestAtomBudgetKnownNamesDoNotAllocate TestPassingAllocatesLittle
  TestReadBeamAtomsAllocatesWhatIsThere TestBudgetsAllocateNothing TestDrawReset
  TestUnmarshalMultiple TestUnmarshalGrowth TestCanonicalizeMemory TestIdleDecoderIsSmall
  TestCompareDeep TestCanonicalizeShapes TestDamagedStreams
  TestReadBeamAtomsAgreesWithErlang TestReadBeamAtomsIsWhatLoadingMakes TestDialectsInBEAM
  TestMarshalAsOTP TestAppendAsOTP TestCompareAsBEAM TestElixir TestElixirUnderstands
  TestAtomSetFromReleaseOfErlang TestAtomSetFromARunningNode
)

without_sweeps() { echo "^($(IFS='|'; echo "${sweeps[*]}"))\$"; }

phase_race() {
  local pkgs
  pkgs=$(library)
  BEAMGATE_N=3000 BEAMGATE_BEAM_N=3000 go test -race -short -skip "$(without_sweeps)" $pkgs
}

# programs_of DEST builds every program of the modules of this folder into DEST, but
# for those that only measure or test here: nobody gets these.
programs_of() {
  local dir dirs list pkg name
  dirs=$(modules)
  for dir in $dirs; do
    case $dir in ./.ci/* | ./bench | ./fuzz/adapters) continue ;; esac
    list=$(go -C "$dir" list -f '{{.ImportPath}} {{.Name}}' ./...)
    while read -r pkg name; do
      [[ $name == main ]] || continue
      # By its path in one word: a program may stand in the folder of another.
      name=${pkg#github.com/beamgate/beamgate/}
      go -C "$dir" build -trimpath -buildvcs=false -o "$1/${name//\//-}" "$pkg"
    done <<<"$list"
  done
}

phase_build() {
  export CGO_ENABLED=0
  programs_of "$tmp/once"
  [[ -d $tmp/once ]] || { echo "no programs yet"; return; }
  # The second time in another folder and with nothing cached.
  mkdir -p "$tmp/a/folder/elsewhere"
  tar -c --exclude=./.git --exclude=./.out --exclude=node_modules . | tar -x -C "$tmp/a/folder/elsewhere"
  (cd "$tmp/a/folder/elsewhere" && GOCACHE=$tmp/cache programs_of "$tmp/twice")
  sums() { (cd "$1" && find . -type f -print0 | sort -z | xargs -0 sha256sum); }
  sums "$tmp/once" | tee "$out/SHA256SUMS"
  diff <(sums "$tmp/once") <(sums "$tmp/twice") || { echo "two builds of the same source differ"; return 1; }
  local sbom
  sbom=$(tool sbom)
  "$sbom" "$tmp/once" >"$out/sbom.cdx.json"
  "$sbom" "$tmp/twice" | cmp - "$out/sbom.cdx.json"
  echo "bill of materials: .out/sbom.cdx.json, $(grep -c '"bom-ref"' "$out/sbom.cdx.json") components"
}

# api_base prints what to compare with: the last release before HEAD, or else
# the base of this change.
api_base() {
  local head ref
  head=$(in_git rev-parse -q --verify HEAD) || return 0
  if ref=$(in_git describe --tags --abbrev=0 --match 'v[0-9]*' --exclude '*-*' "$head^" 2>/dev/null); then
    echo "$ref"
    return
  fi
  for ref in origin/main HEAD^; do
    if [[ $(in_git rev-parse -q --verify "$ref^{commit}") != "$head" ]] && in_git merge-base --is-ancestor "$ref" HEAD 2>/dev/null; then
      echo "$ref"
      return
    fi
  done
}

# breaking VERSION prints the entries under "### Breaking" of all sections of the
# changelog above that version's.
breaking() {
  awk -v base="## [${1#v}]" 'index($0, base) == 1 {exit} /^## / {b = 0} /^### / {b = ($0 == "### Breaking")} b && /^- /' CHANGELOG.md
}

phase_api() {
  local base diff pkg bad=0
  base=$(api_base)
  [[ -n $base ]] || { echo "nothing to compare with yet"; return; }
  echo "compared with $base"
  diff=$(tool apidiff)
  mkdir -p "$tmp/base"
  in_git archive "$base" | tar -x -C "$tmp/base"
  for pkg in $( (public; cd "$tmp/base" && public) | sort -u); do
    if ! compgen -G "$tmp/base/$pkg/*.go" >/dev/null; then
      echo "$pkg: new"
      continue
    fi
    if ! compgen -G "$pkg/*.go" >/dev/null; then
      echo "$pkg: gone"
      bad=1
      continue
    fi
    if ! (cd "$tmp/base" && "$diff" -w "$tmp/api" "$pkg"); then
      echo "$pkg: $base does not compile, nothing to compare with"
      continue
    fi
    "$diff" "$tmp/api" "$pkg" >"$tmp/changes"
    if [[ -s $tmp/changes ]]; then
      printf '%s:\n' "$pkg"
      cat "$tmp/changes"
      ! grep -q '^Incompatible' "$tmp/changes" || bad=1
    else
      echo "$pkg: unchanged"
    fi
  done
  [[ $bad -eq 1 ]] || return 0
  if [[ $base != v[0-9]* ]]; then
    echo "incompatible, but nothing was released yet: only reported"
  elif [[ -n $(breaking "$base") ]]; then
    printf 'incompatible with %s, as the changelog says:\n%s\n' "$base" "$(breaking "$base")"
  else
    echo "incompatible with $base, and CHANGELOG.md has no entry under '### Breaking' since"
    return 1
  fi
}

# The budget is counted in executions and not in seconds, so that a noisy
# machine does less per second but not less.
fuzz_execs() { echo "${BEAMGATE_FUZZ_EXECS:-20000}"; }

phase_fuzz() {
  go run ./fuzz/continuous -rounds 1 -slice "$(fuzz_execs)x" -corpus "$tmp/corpus"
}

# What the BEAM judges in each run: payloads by number, not by time, of the same
# seed each time. Long runs with other seeds are made by hand.
differential_n() { echo "${BEAMGATE_DIFFERENTIAL:-400000}"; }

phase_differential() {
  if ! command -v erl >/dev/null; then
    [[ ${CI-} != true ]] || { echo "erl is missing"; return 1; }
    echo "no erl here: skipped"
    return
  fi
  local bin=$tmp/bin/differential
  go build -o "$bin" ./fuzz/differential
  judge() { "$bin" -dir "$out/differential" "$@" 2>"$tmp/progress" || { cat "$tmp/progress"; return 1; }; }
  local mix=()
  [[ $(differential_n) -lt 20000 ]] || mix=(-require-mix) # fewer do not hit every tag
  judge -n "$(differential_n)" -seed 1 "${mix[@]}"
  judge -sweep 60
}

# All mutants take an hour; each commit draws others, and repeats the same ones.
# They are drawn from what was judged and has not changed since, so that none may
# survive; how many mutants of the rest are open is told, and does not fail.
mutants_sample() { echo "${BEAMGATE_MUTANTS:-20}"; }

mutants_seed() {
  local commit
  commit=$(in_git rev-parse -q --verify --short=8 HEAD) || commit=1
  echo "${BEAMGATE_MUTANTS_SEED:-$((16#${commit:0:8}))}"
}

phase_mutants() {
  go run ./fuzz/mutants/planted
  local bin=$tmp/bin/mutants
  go build -o "$bin" ./fuzz/mutants
  echo "go run ./fuzz/mutants -judged -sample $(mutants_sample) -seed $(mutants_seed)"
  "$bin" -judged -sample "$(mutants_sample)" -seed "$(mutants_seed)" -json "$out/mutants.json"
  echo "not judged yet: $("$bin" -unjudged -unexplained -list | wc -l) mutants"
}
