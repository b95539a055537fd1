# Every test: sets up, builds with sanitizers, runs the suites, adds up their last lines. Sourced.

PASSED=0 FAILED=0 SKIPPED=0

# suite NAME CMD...: runs it; its last line says "N passed, N failed" (", N skipped")
suite() {
    local name=$1 log=$VAR/log/test-$1.log status=0 line p f s; shift
    say "== $name"
    "$@" 2>&1 | tee "$log" | grep -v '^ok ' || true
    status=${PIPESTATUS[0]}
    line=$(tail -n 1 "$log")
    if [[ $line =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed(,\ ([0-9]+)\ skipped)?$ ]]; then
        p=${BASH_REMATCH[1]} f=${BASH_REMATCH[2]} s=${BASH_REMATCH[4]:-0}
    else
        p=0 f=1 s=0
        say "FAILED $name: it did not finish (status $status); see $log"
    fi
    [ "$status" = 0 ] || [ "$f" != 0 ] || { f=1; say "FAILED $name: status $status"; }
    PASSED=$((PASSED + p)) FAILED=$((FAILED + f)) SKIPPED=$((SKIPPED + s))
}

need_writable "$VAR/log"
packages run test
npm_folder tests
front_end
say "building (asan)"
build asan
say "building (clang)"
build clang

suite style tests/style/check
suite programs tests/with-pg tests/programs build/asan/tests
suite http tests/instance asan node tests/all.mjs tests/http
suite browser tests/instance asan node tests/all.mjs tests/browser
suite faults tests/instance asan node tests/all.mjs tests/faults

say
if [ "$SKIPPED" = 0 ]; then say "$PASSED passed, $FAILED failed"; else say "$PASSED passed, $FAILED failed, $SKIPPED skipped"; fi
[ "$FAILED" = 0 ]
