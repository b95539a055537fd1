# Every figure beside its limit on the same machine, from an instance of its own whose disk is synced. Sourced.

need_writable "$VAR/log"
packages run bench
npm_folder tests
front_end
say "building ($PRESET)"
build "$PRESET" track-web track-worker trackctl bench-mustache bench-letters
TRACK_TEST_START_PORT=$(node -e 'const s=require("net").createServer().listen(0,"127.0.0.1",()=>{console.log(s.address().port);s.close()})')
export TRACK_TEST_START_PORT
case ${1:-} in
"") script=bench.mjs ;;
--big) script=big.mjs; export TRACK_TEST_MILLIONS=${2:-10} ;;
*) die "bench: unknown option $1 (./run --help)" ;;
esac
PG_OPTIONS="" tests/instance "$PRESET" node "tests/bench/$script"
