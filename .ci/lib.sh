# Helpers of .ci/run; sourced, not run.

# retry TIMES COMMAND… runs a command until it succeeds, with growing pauses.
retry() {
  local times=$1 n
  shift
  for ((n = 1; ; n++)); do
    "$@" && return
    ((n < times)) || return 1
    echo "attempt $n of $times failed: $*" >&2
    sleep $((n * 5))
  done
}

# modules lists the folders with a go.mod, the root first.
modules() {
  [[ -f go.mod ]] || { echo "no go.mod in $PWD" >&2; return 1; }
  find . \( -name .git -o -name node_modules -o -name testdata -o -name .out \) -prune -o -name go.mod -printf '%h\n' | sort
}

# each_module COMMAND… runs a command in each module's folder, in all of them
# even if it fails in one.
each_module() {
  local dir dirs bad=0
  dirs=$(modules)
  for dir in $dirs; do
    echo "-- $dir"
    (cd "$dir" && "$@") || bad=1
  done
  return $bad
}

# tool NAME prints the path of a tool of .ci/tools, which is built when needed.
tool() {
  if [[ ! -x $tmp/bin/$1 ]]; then
    mkdir -p "$tmp/bin"
    case $1 in
    staticcheck | apidiff) go -C "$root/.ci/tools" build -o "$tmp/bin/$1" "$(go -C "$root/.ci/tools" list -f '{{.ImportPath}}' tool | grep "/$1\$")" ;;
    *) go -C "$root/.ci/tools" build -o "$tmp/bin/$1" "./$1" ;;
    esac
  fi >&2
  echo "$tmp/bin/$1"
}

# in_git runs git in a checkout that may belong to another user.
in_git() { git -c safe.directory='*' -C "$root" "$@"; }

# library lists the packages of the folder it is called in that make promises,
# as ./dir.
library() {
  local room rooms=()
  for room in etf limits safe internal; do
    [[ ! -d $room ]] || rooms+=("./$room/...")
  done
  [[ ${#rooms[@]} -gt 0 ]] || return 0
  go list -f '{{if .GoFiles}}{{.Dir}}{{end}}' "${rooms[@]}" | sed "s|^$PWD|.|" | grep -vx ./internal/house
}

# public lists those of them whose API is under compatibility.
public() {
  local pkgs
  pkgs=$(library)
  grep -v '/internal/' <<<"$pkgs" || true
}
