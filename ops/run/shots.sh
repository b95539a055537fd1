# Screenshots of each page, wide and narrow, light and dark, into $VAR/shots. Sourced.

need_writable "$VAR/log"
packages run test
npm_folder tests
mkdir -p "$VAR/shots"
SHOTS=$VAR/shots tests/instance "$PRESET" node tests/browser/shots.mjs
say "screenshots in $VAR/shots"
