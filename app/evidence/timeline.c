/* Recomputing a timeline from its lines. */
#include "evidence/timeline.h"

#include "base/crypto.h"
#include "base/json.h"
#include "proof/chain.h"
#include "proof/merkle.h"

#include <math.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define EVENTS 10000
#define REMOVED "Content removed."

static const struct json_limits limits = { .depth = 64, .nodes = 100000, .string = 16 << 20 };

struct event {
    struct json_object *line, *facts;
    int version;
    struct chain_row row;
};

/* ---- bytes ---- */

static void digest_hex(crypto_hash_sha256_state *s, char out[65])
{
    unsigned char digest[SHA256_SIZE];
    crypto_hash_sha256_final(s, digest);
    sodium_bin2hex(out, 65, digest, sizeof(digest));
}

/* Adds what hexadecimal tells; false: it is none. */
static bool add_hex(crypto_hash_sha256_state *s, const char *text)
{
    unsigned char bytes[64];
    size_t n;
    if (!text || strlen(text) > 2 * sizeof(bytes) ||
        sodium_hex2bin(bytes, sizeof(bytes), text, strlen(text), NULL, &n, NULL) != 0 ||
        2 * n != strlen(text))
        return false;
    crypto_hash_sha256_update(s, bytes, n);
    return true;
}

/* Whether `wanted` is the digest of up to two hexadecimal texts (NULL: none) and a text. */
static bool digests_to(const char *wanted, const char *first, const char *second, const char *text)
{
    char found[65];
    crypto_hash_sha256_state s;
    crypto_hash_sha256_init(&s);
    if (!wanted || !text || !add_hex(&s, first) || (second && !add_hex(&s, second)))
        return false;
    crypto_hash_sha256_update(&s, (const unsigned char *)text, strlen(text));
    digest_hex(&s, found);
    return strcmp(found, wanted) == 0;
}

/* ---- one event ---- */

static bool text_is(struct json_object *value, const char *text)
{
    if (!value || !text)
        return !value && !text;
    return json_object_is_type(value, json_type_string) &&
           strcmp(json_object_get_string(value), text) == 0;
}

/* Seconds since 1970, with fractions, and the same as people read it. */
static bool time_is(struct json_object *seconds, const char *text)
{
    struct tm tm = { 0 };
    int micros, used = 0;
    if (!seconds || !text ||
        sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d.%6dZ%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday,
               &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &micros, &used) != 7 ||
        used != 27 || text[used])
        return false;
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    return llround(json_object_get_double(seconds) * 1e6) ==
           (long long)timegm(&tm) * 1000000 + micros;
}

/* The first string of the list that content is, or NULL: the details behind it are not looked at.
 */
static const char *sentence_of(struct arena *a, const char *content)
{
    const char *why;
    struct json_object *list;
    size_t n = 2;
    if (strncmp(content, "[\"", 2) != 0)
        return NULL;
    while (content[n] && content[n] != '"')
        n += content[n] == '\\' && content[n + 1] ? 2 : 1;
    if (content[n] != '"')
        return NULL;
    const char *text = arena_printf(a, "%.*s]", (int)n + 1, content);
    return json_parse(a, str_of(text), &limits, &list, &why) == OK
               ? json_object_get_string(json_object_array_get_idx(list, 0))
               : NULL;
}

/* What people read of it is what its hash is made of. */
static bool readable_fits(const struct event *e, const char *communication_id)
{
    static const struct {
        size_t place;
        const char *key;
    } texts[] = { { 2, "eventId" }, { 3, "type" },        { 4, "source" },
                  { 5, "grade" },   { 6, "statusAfter" }, { 10, "actorName" } };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (!text_is(json_object_array_get_idx(e->facts, texts[i].place),
                     json_text(e->line, texts[i].key)))
            return false;
    return text_is(json_object_array_get_idx(e->facts, 0), communication_id) &&
           json_object_get_int64(json_object_array_get_idx(e->facts, 1)) == e->row.seq &&
           time_is(json_object_array_get_idx(e->facts, 7), json_text(e->line, "occurredAt")) &&
           time_is(json_object_array_get_idx(e->facts, 8), json_text(e->line, "receivedAt"));
}

/* Its hashes, by the rule of its version, with its words or without. */
static bool hashes_fit(struct arena *a, const struct event *e)
{
    struct json_object *o = e->line;
    const char *facts = json_text(o, "facts"), *content = json_text(o, "content");
    const char *content_hash = json_text(o, "contentHash"), *salt = json_text(o, "salt");
    const char *sentence = json_text(o, "sentence"),
               *told = content ? sentence_of(a, content) : NULL;
    if (!sentence)
        return false;
    if (e->version == 1 && !content_hash)
        return text_is(json_object_array_get_idx(e->facts, 11), sentence) &&
               digests_to(e->row.hash, e->row.prev, NULL, facts);
    if (e->version == 1)
        return strcmp(sentence, REMOVED) == 0 &&
               digests_to(content_hash, e->row.prev, e->row.hash, facts);
    if (!digests_to(e->row.hash, e->row.prev, content_hash ? content_hash : "", facts))
        return false;
    if (!salt && !content)
        return strcmp(sentence, REMOVED) == 0;
    return told && strcmp(told, sentence) == 0 && digests_to(content_hash, salt, NULL, content);
}

static bool read_event(struct arena *a, struct str line, const char *communication_id,
                       struct event *out)
{
    const char *why, *facts;
    struct event e = { .version = 0 };
    if (json_parse(a, line, &limits, &e.line, &why) != OK ||
        !json_object_is_type(e.line, json_type_object))
        return false;
    e.row = (struct chain_row){ .seq = json_object_get_int64(json_get(e.line, "seq")),
                                .id = json_text(e.line, "eventId"),
                                .hash = json_text(e.line, "hash"),
                                .prev = json_text(e.line, "previousHash") };
    e.version = json_object_get_int(json_get(e.line, "version"));
    if (!e.row.id || !e.row.hash || !e.row.prev)
        return false;
    facts = json_text(e.line, "facts");
    e.row.whole = facts && json_parse(a, str_of(facts), &limits, &e.facts, &why) == OK &&
                  json_object_is_type(e.facts, json_type_array) &&
                  (e.version == 1 || e.version == 2) && readable_fits(&e, communication_id) &&
                  hashes_fit(a, &e);
    *out = e;
    return true;
}

/* ---- the chain ---- */

static int by_number(const void *a, const void *b)
{
    const struct event *x = a, *y = b;
    return x->row.seq < y->row.seq ? -1 : x->row.seq > y->row.seq;
}

static const char *broken(struct arena *a, const struct timeline_check *t,
                          const struct chain_finding *f)
{
    const char *id = f->row ? f->row->id : "unknown";
    if (f->what == CHAIN_REMOVED)
        return arena_printf(a, "Event %lld of message %s is missing.", f->seq, t->communication_id);
    return arena_printf(a, "Event %lld of message %s (%s) was %s.", f->seq, t->communication_id, id,
                        f->what == CHAIN_CHANGED ? "changed" : "added");
}

static const char *check_chain(struct arena *a, const struct timeline_check *t,
                               const struct event *events, size_t n)
{
    const char *head = json_text(t->chain, "head");
    struct chain_row *rows = arena_zalloc(a, n + 1, sizeof(*rows));
    for (size_t i = 0; i < n; i++)
        rows[i] = events[i].row;
    const struct chain c = { .rows = rows,
                             .n = n,
                             .first = 1,
                             .prev = "",
                             .head_seq = json_object_get_int64(json_get(t->chain, "events")),
                             .head = head ? head : "" };
    struct chain_finding f = chain_check(&c);
    return f.what == CHAIN_HOLDS ? NULL : broken(a, t, &f);
}

/* Numbers of any size may be in details, so they are read by wider rules than all else. */
static struct json_object *detail_of(struct arena *a, const struct event *e)
{
    const char *content = json_text(e->line, "content");
    if (!content) {
        struct json_object *d = json_object_array_get_idx(e->facts, 12); /* of version 1 */
        return json_object_is_type(d, json_type_object) ? d : NULL;
    }
    struct json_tokener *t = json_tokener_new_ex(limits.depth);
    struct json_object *list = json_tokener_parse_ex(t, content, (int)strlen(content) + 1);
    json_tokener_free(t);
    if (list)
        json_own(a, list);
    return json_object_is_type(list, json_type_array) ? json_object_array_get_idx(list, 1) : NULL;
}

static struct event_told *told_by(struct arena *a, const struct event *events, size_t n)
{
    struct event_told *told = arena_zalloc(a, n + 1, sizeof(*told));
    for (size_t i = 0; i < n; i++) {
        const char *type = json_text(events[i].line, "type");
        told[i] = (struct event_told){ .seq = events[i].row.seq,
                                       .type = type ? type : "",
                                       .status_after = json_text(events[i].line, "statusAfter"),
                                       .detail = detail_of(a, &events[i]) };
    }
    return told;
}

/* ---- the way to the root ---- */

static bool climb(struct json_object *path, char at[65])
{
    size_t n = json_object_is_type(path, json_type_array) ? json_object_array_length(path) : 0;
    for (size_t i = 0; i < n && i < MERKLE_HEIGHT; i++) {
        struct json_object *step = json_object_array_get_idx(path, i);
        const char *side = json_text(step, "side"), *hash = json_text(step, "hash");
        bool left = side && strcmp(side, "left") == 0;
        crypto_hash_sha256_state s;
        crypto_hash_sha256_init(&s);
        crypto_hash_sha256_update(&s, (const unsigned char *)"\1", 1);
        if (!add_hex(&s, left ? hash : at) || !add_hex(&s, left ? at : hash))
            return false;
        digest_hex(&s, at);
    }
    return path && n <= MERKLE_HEIGHT;
}

static bool leads_to_root(struct arena *a, struct json_object *inclusion, const struct event *e)
{
    char at[65];
    const char *root, *day = json_text(inclusion, "day"), *merkle = json_text(inclusion, "merkle");
    const char *previous = json_text(inclusion, "previous"), *told = json_text(inclusion, "root");
    crypto_hash_sha256_state s;
    crypto_hash_sha256_init(&s);
    crypto_hash_sha256_update(&s, (const unsigned char *)"\0", 1);
    if (!day || !merkle || !previous || !told || !add_hex(&s, e->row.hash))
        return false;
    digest_hex(&s, at);
    return strncmp(json_text(e->line, "receivedAt"), day, 10) == 0 &&
           climb(json_get(inclusion, "path"), at) && strcmp(at, merkle) == 0 &&
           root_of(a, previous, day, merkle, &root) == OK && strcmp(root, told) == 0;
}

static const char *check_root(struct arena *a, const struct timeline_check *t,
                              const struct event *events, size_t n)
{
    const char *id = json_text(t->inclusion, "eventId");
    if (!t->inclusion)
        return NULL;
    for (size_t i = 0; id && i < n; i++)
        if (strcmp(events[i].row.id, id) == 0 && leads_to_root(a, t->inclusion, &events[i]))
            return NULL;
    return arena_printf(a,
                        "The way from an event of message %s to the root of its day was changed.",
                        t->communication_id);
}

/* ---- all of it ---- */

static size_t count_lines(struct str text)
{
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++)
        n += text.p[i] == '\n';
    return n;
}

const char *timeline_check(struct arena *a, struct timeline_check *t)
{
    size_t most = count_lines(t->lines), n = 0;
    if (most > EVENTS)
        return arena_printf(a, "The timeline of message %s has more events than can be checked.",
                            t->communication_id);
    struct event *events = arena_zalloc(a, most + 1, sizeof(*events));
    for (const char *p = t->lines.p, *end = t->lines.p + t->lines.n; p < end; n++) {
        const char *stop = memchr(p, '\n', (size_t)(end - p));
        if (!stop ||
            !read_event(a, (struct str){ p, (size_t)(stop - p) }, t->communication_id, &events[n]))
            return arena_printf(a,
                                "Line %zu of the timeline of message %s was changed: it is no "
                                "event.",
                                n + 1, t->communication_id);
        p = stop + 1;
    }
    t->events = (long long)n;
    qsort(events, n, sizeof(*events), by_number);
    const char *found = check_chain(a, t, events, n);
    if (!found)
        found = check_root(a, t, events, n);
    if (!found)
        t->told = told_by(a, events, n);
    return found;
}
