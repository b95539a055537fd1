# What every command of ./run needs: messages, packages, npm, builds. Sourced.

say() { printf '%s\n' "$*"; }
die() { printf 'run: %s\n' "$*" >&2; exit 1; }

# installed NAME: the package, or for nginx-light any other build of nginx
installed() {
    dpkg-query -W -f '${db:Status-Status}\n' "$1" 2>/dev/null | grep -qx installed && return
    [ "$1" = nginx-light ] && [ -x /usr/sbin/nginx ]
}

# packages KIND...: installs what ops/packages.txt lists for these kinds and the machine lacks
packages() {
    command -v dpkg-query >/dev/null || die "this needs Debian 12 (dpkg-query is not here)"
    local missing=() kind name have
    have=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' | sed -n 's/^installed //p')
    while read -r kind name; do
        [[ " $* " == *" $kind "* ]] || continue
        grep -qx "$name" <<<"$have" || installed "$name" || missing+=("$name")
    done < <(grep -v '^#' ops/packages.txt)
    command -v node >/dev/null && command -v npm >/dev/null || missing+=(nodejs npm)
    [ ${#missing[@]} -eq 0 ] && return
    say "Debian packages needed: ${missing[*]}"
    local sudo=
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || die "install these packages first: ${missing[*]}"
        sudo=sudo
        if [ -z "$YES" ]; then
            [ -t 0 ] || die "missing packages: ${missing[*]} (--yes installs them with sudo)"
            read -rp "Install them with sudo? [y/N] " answer
            [[ $answer == [yY]* ]] || die "missing packages: ${missing[*]}"
        fi
    fi
    local log=$VAR/log/packages.log
    mkdir -p "$VAR/log"
    { $sudo apt-get update -q && $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -q -y \
        --no-install-recommends "${missing[@]}"; } >"$log" 2>&1 || { tail -5 "$log" >&2; die "could not install packages; see $log"; }
}

# stamped FILE INPUT...: whether FILE holds the checksum of the inputs; else prints it to FILE.new for `mv`
stamped() {
    local stamp=$1; shift
    cat "$@" | sha256sum >"$stamp.new"
    cmp -s "$stamp" "$stamp.new"
}

# npm_folder DIR: node_modules as its lock file says
npm_folder() {
    local stamp=$1/node_modules/.stamp
    mkdir -p "$1/node_modules"
    stamped "$stamp" "$1/package-lock.json" && return
    cp "$stamp.new" "$VAR/npm.stamp"
    npm ci --cache "$ROOT/var/npm-cache" --prefix "$1" --no-audit --no-fund --ignore-scripts >"$VAR/log/npm.log" 2>&1 ||
        { tail -5 "$VAR/log/npm.log" >&2; die "npm could not install the packages of $1"; }
    mv "$VAR/npm.stamp" "$stamp"
}

front_end() {
    npm_folder static
    local stamp=static/vendor/.stamp
    mkdir -p static/vendor
    stamped "$stamp" static/package-lock.json static/build.mjs && return
    node static/build.mjs >"$VAR/log/front-end.log" 2>&1 || { tail -5 "$VAR/log/front-end.log" >&2; die "static/build.mjs failed"; }
    mv "$stamp.new" "$stamp"
}

# build PRESET [TARGET...]
build() {
    local preset=$1 log=$VAR/log/build-$1.log; shift
    [ -f "build/$preset/build.ninja" ] || cmake --preset "$preset" >"$log" 2>&1 || { cat "$log" >&2; die "cmake failed"; }
    cmake --build "build/$preset" --target "${@:-all}" >"$log" 2>&1 || { grep -E 'error|FAILED' -A3 "$log" | head -40 >&2; die "the build failed; see $log"; }
}

# as_postgres CMD...: Postgres refuses to run as root
as_postgres() {
    if [ "$(id -u)" = 0 ]; then setpriv --reuid=postgres --regid=postgres --clear-groups -- "$@"; else "$@"; fi
}

# need_writable DIR: makes it, or says so
need_writable() {
    mkdir -p "$1" 2>/dev/null && [ -w "$1" ] || die "cannot write to $1"
}
