# Starting and stopping an instance whose data is in $VAR. Sourced.

PG_BIN=/usr/lib/postgresql/15/bin
PIDS=()
OUR_CLUSTER= PASSWORD= # not from the environment

# The settings the processes run with: made once, kept in $VAR/settings.
instance_settings() {
    local file=$VAR/settings
    [ -f "$file" ] || die "no instance in $VAR yet: start it with ./run"
    while IFS= read -r line; do
        [[ $line == TRACK_* ]] && export "${line?}"
    done <"$file"
}

write_settings() {
    local base=$1 web worker
    if [[ $base =~ ^(postgres(ql)?://)([^@/]*@)?(.*)$ ]]; then
        local scheme=${BASH_REMATCH[1]} rest=${BASH_REMATCH[4]}
        web="${scheme}track_web:$2@$rest" worker="${scheme}track_worker:$2@$rest"
    else
        web="$base user=track_web password=$2" worker="$base user=track_worker password=$2"
    fi
    umask 077
    cat >"$VAR/settings" <<END
TRACK_DATABASE_URL=$web
TRACK_WORKER_DATABASE_URL=$worker
TRACK_OWNER_DATABASE_URL=$base
TRACK_WEB_SOCKET=$VAR/run/web.sock
TRACK_HOOK_SOCKET=$VAR/run/hook.sock
TRACK_STORE_DIR=$VAR/store
TRACK_TEMPLATE_DIR=$ROOT/templates
TRACK_MIGRATION_DIR=$ROOT/migrations
TRACK_PUBLIC_URL=http://127.0.0.1:$PORT
TRACK_SECRET_KEY=$3
TRACK_JWT_KEYS=$4
TRACK_TASKS_TOKEN=$5
END
    umask 022
}

random_base64() { head -c 32 /dev/urandom | base64 -w0; }

settings_once() {
    local base=${TRACK_DATABASE_URL:-"host=$VAR/pgrun dbname=track user=track_owner"}
    unset TRACK_DATABASE_URL
    local old=$VAR/settings password secret jwt tasks
    if [ -f "$old" ]; then
        secret=$(sed -n 's/^TRACK_SECRET_KEY=//p' "$old") jwt=$(sed -n 's/^TRACK_JWT_KEYS=//p' "$old")
        tasks=$(sed -n 's/^TRACK_TASKS_TOKEN=//p' "$old") password=$(cat "$VAR/role-password")
    else
        secret=$(random_base64) jwt=k1:$(random_base64) tasks=$(random_base64 | tr -d '/+=')
        password=$(random_base64 | tr -d '/+=')
        (umask 077; printf '%s' "$password" >"$VAR/role-password")
    fi
    write_settings "$base" "$password" "$secret" "$jwt" "$tasks"
    instance_settings
}

# One ./run for each folder: it may then take over the cluster of one that was killed.
alone() {
    exec 9>"$VAR/run/lock"
    flock -n 9 || die "another ./run uses $VAR (--var DIR chooses another folder)"
}

port_free() {
    ! (exec 3<>"/dev/tcp/127.0.0.1/$PORT") 2>/dev/null || die "port $PORT is in use (--port N chooses another)"
}

# The private cluster: unix socket only, in a folder nobody else may enter.
cluster_start() {
    local data=$VAR/pg socket=$VAR/pgrun
    [ ${#socket} -le 90 ] || die "the path of this checkout is too long for a unix socket: $socket"
    if [ ! -f "$data/PG_VERSION" ]; then
        mkdir -p "$data" "$socket"
        if [ "$(id -u)" = 0 ]; then
            chown postgres:postgres "$data" "$socket"
            as_postgres test -x "$data" || die "the user postgres cannot enter $data: give its parent folders o+x"
        fi
        chmod 700 "$data" "$socket"
        as_postgres "$PG_BIN/initdb" -D "$data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 -k >"$VAR/log/initdb.log" 2>&1 ||
            { tail -3 "$VAR/log/initdb.log" >&2; die "initdb failed"; }
    fi
    OUR_CLUSTER=1
    as_postgres "$PG_BIN/pg_ctl" -D "$data" status >/dev/null 2>&1 && return
    : >>"$VAR/log/postgres.log"
    [ "$(id -u)" != 0 ] || chown postgres "$VAR/log/postgres.log"
    as_postgres "$PG_BIN/pg_ctl" -D "$data" -w -t 30 -s -l "$VAR/log/postgres.log" \
        -o "-k $socket -c listen_addresses='' -c max_connections=200 -c shared_buffers=256MB -c max_wal_size=2GB -c log_min_messages=warning ${PG_OPTIONS:-}" \
        start 9>&- || { tail -3 "$VAR/log/postgres.log" >&2; die "Postgres did not start; see $VAR/log/postgres.log"; }
}

psql_admin() { "$PG_BIN/psql" -X -q -v ON_ERROR_STOP=1 "host=$VAR/pgrun user=postgres dbname=${1:-postgres}" "${@:2}"; }

cluster_database() {
    [ -n "$(psql_admin postgres -Atc "select 1 from pg_database where datname = 'track'")" ] && return
    psql_admin postgres -c "create role track_owner login createrole" -c "create database track owner track_owner"
}

migrate() {
    "build/$PRESET/trackctl" migrate >"$VAR/log/migrate.log" 2>&1 || { tail -1 "$VAR/log/migrate.log" >&2; die "the database could not be migrated"; }
    local password
    password=$(cat "$VAR/role-password")
    "$PG_BIN/psql" -X -q "$TRACK_OWNER_DATABASE_URL" -v ON_ERROR_STOP=1 -v pw="$password" >/dev/null 2>>"$VAR/log/migrate.log" <<'SQL' ||
alter role track_web password :'pw';
alter role track_worker password :'pw';
SQL
        die "the roles track_web and track_worker could not be given a password; see $VAR/log/migrate.log"
}

nginx_start() {
    mkdir -p "$VAR/nginx"
    local user=
    [ "$(id -u)" != 0 ] || user="user root;"
    sed -e "s|@USER@|$user|" -e "s|@VAR@|$VAR|g" -e "s|@ROOT@|$ROOT|g" -e "s|@PORT@|$PORT|g" nginx/local.conf.in >"$VAR/nginx/nginx.conf"
    ln -sfn "$ROOT/nginx" "$VAR/nginx/track-center"
    setpriv --pdeathsig TERM /usr/sbin/nginx -p "$VAR/nginx" -c "$VAR/nginx/nginx.conf" -e "$VAR/log/nginx.log" -g 'daemon off;' 2>>"$VAR/log/nginx.log" 9>&- &
    PIDS+=($!)
}

program_start() { # NAME
    setpriv --pdeathsig TERM "build/$PRESET/$1" 2>>"$VAR/log/$1.log" 9>&- &
    PIDS+=($!)
    printf '%s\n' "$!" >"$VAR/run/$1.pid"
}

# pg_ctl waits for the postmaster's file to go, which goes before the postmaster itself.
cluster_stop() {
    local pid i
    pid=$(head -n 1 "$VAR/pg/postmaster.pid" 2>/dev/null) || return 0
    as_postgres "$PG_BIN/pg_ctl" -D "$VAR/pg" -m fast -w -s stop || true
    for i in $(seq 100); do
        kill -0 "$pid" 2>/dev/null || return 0
        sleep 0.02
    done
}

stop() {
    trap '' INT TERM
    [ ${#PIDS[@]} -eq 0 ] || kill -TERM "${PIDS[@]}" 2>/dev/null || true
    wait 2>/dev/null || true
    [ -z "${OUR_CLUSTER:-}" ] || cluster_stop
    rm -f "$VAR/run/"*.pid
}

# The demo and the first administrator, once. What a start that was cut short has done stays.
first_start() {
    [ ! -f "$VAR/first-start-done" ] || return 0
    local ctl=build/$PRESET/trackctl log=$VAR/log/first-start.log who=admin@example.com
    : >"$log"
    step() { "$ctl" "$@" >/dev/null 2>>"$log" || tail -n 1 "$log" | grep -q already; }
    step tenant add demo --name "Lindenhof Property Management" --time-zone Europe/Zurich &&
        step demo --tenant demo &&
        step user add "$who" --tenant demo --role owner --name "First Administrator" &&
        PASSWORD=$("$ctl" user password "$who" --json 2>>"$log" | sed -n 's/.*"password": *"\([^"]*\)".*/\1/p') &&
        [ -n "$PASSWORD" ] || { tail -n 1 "$log" >&2; die "the demo could not be loaded; see $log"; }
    touch "$VAR/first-start-done"
}

ready() {
    local i
    for i in $(seq 100); do
        [ "$(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$PORT/readyz")" = 200 ] && return
        kill -0 "${PIDS[@]}" 2>/dev/null || break
        sleep 0.05
    done
    curl -s "http://127.0.0.1:$PORT/readyz" >&2 || true
    tail -n 2 "$VAR"/log/track-*.log "$VAR/log/nginx.log" >&2
    die "the server did not become ready; its logs are in $VAR/log"
}

serve() {
    local external=${TRACK_DATABASE_URL:-}
    need_writable "$VAR"
    need_writable "$VAR/log"
    need_writable "$VAR/run"
    port_free
    packages run
    front_end
    build "$PRESET" track-web track-worker trackctl
    alone
    trap stop EXIT
    trap 'exit 0' INT TERM
    settings_once
    [ -n "$external" ] || { cluster_start; cluster_database; }
    migrate
    first_start
    nginx_start
    program_start track-web
    program_start track-worker
    ready
    say "Track Center: http://127.0.0.1:$PORT"
    [ -z "${PASSWORD:-}" ] || say "First administrator: admin@example.com, one-time password: $PASSWORD"
    say "Ctrl-C stops it. Logs: $VAR/log"
    local status=0
    wait -n "${PIDS[@]}" || status=$?
    die "a process ended (status $status); see $VAR/log"
}
