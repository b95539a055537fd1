# Turns a .sql file of named statements into a C header: for each "-- name: x", or "-- name: x anew" where it is to be
# planned at each call, a `struct sql_args_x` with
# one text member per parameter (:x::type in the statement, $1::type for Postgres) and a `struct sql sql_x`.
# With -v list=1 it prints instead, over all files, the source that lists every statement.

function fail(why) {
    printf "%s:%d: %s\n", FILENAME, FNR, why > "/dev/stderr"
    failed = 1
    exit 1
}

# Numbers the parameters of one line; text in single quotes is left as it is.
function number(line,    out, c, i, quoted, word) {
    out = ""
    for (i = 1; i <= length(line); i++) {
        c = substr(line, i, 1)
        if (c == "'") quoted = !quoted
        if (c == ":" && !quoted && substr(line, i + 1, 1) == ":") {
            out = out "::"
            i++
        } else if (c == ":" && !quoted && substr(line, i + 1) ~ /^[a-z_]/) {
            match(substr(line, i + 1), /^[a-z_0-9]+/)
            word = substr(line, i + 1, RLENGTH)
            if (!(word in position)) {
                position[word] = ++count
                params[count] = word
            }
            out = out "$" position[word]
            i += RLENGTH
        } else {
            out = out c
        }
    }
    return out
}

function finish(    i, names) {
    if (name == "") return
    sub(/;[ \n]*$/, "", text)
    if (list) {
        order[++statements] = name
    } else {
        names = ""
        if (count) {
            printf "struct sql_args_%s {\n", name
            for (i = 1; i <= count; i++) {
                printf "    const char *%s;\n", params[i]
                names = names (i > 1 ? ", " : "") "\"" params[i] "\""
            }
            printf "};\n"
            printf "static const char *const sql_params_%s[] = { %s };\n", name, names
        }
        gsub(/\\/, "\\\\\\\\", text)
        gsub(/"/, "\\\"", text)
        gsub(/\n/, "\\n\"\n    \"", text)
        printf "static const struct sql sql_%s = { \"%s\",\n    \"%s\",\n    %d, %s, %s };\n\n", \
            name, name, text, count, count ? "sql_params_" name : "0", anew ? "true" : "false"
    }
    delete position
    delete params
    name = ""
    text = ""
    count = 0
}

BEGIN {
    if (!list) print "#pragma once\n\n#include \"db/sql.h\"\n"
    else print "#include \"db/sql.h\"\n"
}

FNR == 1 {
    finish()
    if (list) {
        header = FILENAME
        sub(/^.*\/app\//, "", header)
        printf "#include \"%s.h\"\n", header
    }
}

/^-- name: / {
    finish()
    name = $3
    anew = $4 == "anew"
    if ($4 != "" && !anew) fail("what is " $4)
    if (name !~ /^[a-z][a-z0-9_]*$/) fail("bad statement name " name)
    if (name in seen) fail("statement " name " is named twice")
    seen[name] = 1
    next
}

/^[ \t]*--/ { next }
/^[ \t]*$/ { next }

{
    if (name == "") fail("text before the first -- name:")
    text = text (text == "" ? "" : "\n") number($0)
}

END {
    if (failed) exit 1
    finish()
    if (list) {
        print "\nconst struct sql *const sql_all[] = {"
        for (i = 1; i <= statements; i++) printf "    &sql_%s,\n", order[i]
        print "    0\n};"
    }
}
