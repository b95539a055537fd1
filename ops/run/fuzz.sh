# Each fuzz target for a while. Sourced.

seconds=${1:-60}
need_writable "$VAR/log"
packages run test
build fuzz
failed=0 passed=0
for target in build/fuzz/tests/fuzz-*; do
    [ -x "$target" ] || continue
    name=$(basename "${target#*fuzz-}")
    mkdir -p "$VAR/fuzz/$name"
    if "$target" -max_total_time="$seconds" -rss_limit_mb=512 -timeout=1 -artifact_prefix="$VAR/fuzz/$name-" \
        "$VAR/fuzz/$name" "tests/fuzz/corpus/$name" >"$VAR/log/fuzz-$name.log" 2>&1; then
        passed=$((passed + 1))
        say "ok $name: $(grep -E '^#[0-9]+.*DONE' "$VAR/log/fuzz-$name.log" | tail -1)"
    else
        failed=$((failed + 1))
        say "FAILED $name: see $VAR/log/fuzz-$name.log"
    fi
done
say "$passed passed, $failed failed"
[ "$failed" = 0 ]
