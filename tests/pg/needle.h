/* The ground of the tests of retention: communications that are to go, held or young, and a needle
   in every store. */
#pragma once

#include "access/access.h"
#include "base/crypto.h"
#include "base/json.h"
#include "jobs/jobs.h"
#include "pg/asking.h"
#include "proof/bundle.h"
#include "proof/erasure.h"
#include "proof/holds.h"
#include "proof/retention.h"
#include "proof/verify.h"
#include "store/store.h"
#include "track/demo.h"
#include "track/track.h"
#include <fcntl.h>
#include <ftw.h>
#include <string.h>
#include <sys/stat.h>

#define OLD "now() - interval '3 years'"

static struct ctx *as(const char *role)
{
    static struct ctx *worker, *web;
    struct ctx **c = strcmp(role, "track_web") == 0 ? &web : &worker;
    if (!*c)
        *c = pg_ctx(role);
    (*c)->tenant_id = pg_tenant();
    (*c)->problem = (struct problem){ 0 };
    return *c;
}

/* What the database says to it; it is taken back. */
static inline enum err attempt(const char *role, const char *sql)
{
    struct ctx *c = as(role);
    db_begin(c->db, pg_tenant());
    enum err e = db_script(c->db, sql);
    db_rollback(c->db);
    return e;
}

static inline struct verification verified(void)
{
    struct verification v;
    assert_int_equal(proof_verify(as("track_worker"), NULL, &v), OK);
    if (v.n)
        print_message("found: %s\n", v.findings[0].sentence);
    return v;
}

/* ---- arranging: a needle in every store ---- */

static inline const char *blob(const char *text)
{
    struct blob b;
    struct ctx *c = as("track_worker");
    assert_int_equal(store_put(pg_app()->store, c->arena, str_of(text), &b), OK);
    (void)pg_sql("insert into blobs (tenant_id, sha256, size, content_type, created_at) values "
                 "('%s', '%s', %zu, 'text/plain', " OLD ") on conflict do nothing",
                 pg_tenant(), b.sha256, b.size);
    return arena_strdup(c->arena, b.sha256);
}

static inline const char *event(const char *id, enum event_type type, const char *inbox,
                                const char *needle)
{
    struct ctx *c = as("track_worker");
    struct json_object *detail = json_own(c->arena, json_object_new_object());
    json_set_text(detail, "raw", arena_printf(c->arena, "550 no such user %s", needle));
    if (type == EVENT_SENT) {
        json_set_text(detail, "contentDigest", "digest-of-its-words");
        json_set_text(detail, "mailSha256", "hash-of-its-mail");
    }
    struct timeline_event e = { .type = type,
                                .source = "provider",
                                .grade = 'B',
                                .inbox_id = inbox,
                                .sentence = arena_printf(c->arena, "Refused for %s.", needle),
                                .detail = detail };
    db_begin(c->db, pg_tenant());
    assert_int_equal(timeline_append(c, id, &e, NULL), OK);
    assert_int_equal(db_commit(c->db), OK);
    return needle;
}

/* An event of a day that has its root by now. `sentence` and `detail`: SQL literals. */
static inline void came_long_ago_as(const char *id, const char *sentence, const char *detail)
{
    (void)pg_sql("begin; set local track.tenant = '%s'; insert into communication_events "
                 "(tenant_id, communication_id, type, source, grade, status_after, occurred_at, "
                 "received_at, sentence, detail, seq, prev_hash, hash) select tenant_id, id, "
                 "'NOTE', 'user', 'A', 'DRAFT', now() - interval '4 days', now() - interval "
                 "'4 days', %s, %s, 0, '', '' from communications where id = '%s'; commit",
                 pg_tenant(), sentence, detail, id);
}

static inline void came_long_ago(const char *id)
{
    came_long_ago_as(id, "'Seen.'", "'{}'");
}

static inline const char *posted(const char *needle)
{
    return arena_strdup(
        as("track_worker")->arena,
        pg_sql("insert into inbox (tenant_id, account_id, provider, dedupe_key, method, path, "
               "headers, body, body_sha256, verdict, mapper, state) values ('%s', uuid7(), 'smtp', "
               "uuid7()::text, 'POST', '/', '{}', convert_to('bounce of %s', 'UTF8'), '', "
               "'verified', 'x/1', 'processed') returning id",
               pg_tenant(), needle));
}

/* A message with its person in each store there is. */
static inline void fill(const char *id, const char *needle)
{
    struct ctx *c = as("track_worker");
    const char *pdf = blob(arena_printf(c->arena, "PDF of %s", needle));
    const char *mail = blob(arena_printf(c->arena, "mail to %s", needle));
    (void)pg_sql(
        "set track.tenant = '%s'; update communications set email = '%s', recipient_name = "
        "'Name %s', subject = 'Bill of %s' where id = '%s'",
        pg_tenant(), needle, needle, needle, id);
    (void)pg_sql("insert into communication_attachments values ('%s', '%s', 7, '%s', '%s.pdf', "
                 "'application/pdf', 10)",
                 pg_tenant(), id, pdf, needle);
    (void)pg_sql("insert into sink_messages (tenant_id, communication_id, message_id, recipient, "
                 "subject, sha256, size) values ('%s', '%s', uuid7()::text, '%s', 'Bill', '%s', 5)",
                 pg_tenant(), id, needle, mail);
    event(id, EVENT_ENQUEUED, NULL, needle);
    event(id, EVENT_SENT, NULL, needle);
    event(id, EVENT_BOUNCED, posted(needle), needle);
    event(id, EVENT_RESEND_REQUESTED, NULL, needle);
    event(id, EVENT_SENT, NULL, needle);
    event(id, EVENT_BOUNCED, posted(needle), needle);
    (void)pg_sql("with n as (insert into communication_audit_notes (tenant_id, communication_id, "
                 "event_id, note) values ('%s', '%s', uuid7(), '@Me called %s.') returning *), m "
                 "as (insert into note_mentions select tenant_id, id, communication_id, '%s', 0, 3 "
                 "from n) insert into http_calls (tenant_id, provider, method, url, entity, "
                 "request, duration_ms) select tenant_id, 'msgraph', 'POST', 'x', "
                 "'communication:' || id, note, 1 from n",
                 pg_tenant(), id, needle, pg_user());
    (void)pg_sql("insert into communication_tags (tenant_id, communication_id, building_id, tag) "
                 "select tenant_id, id, building_id, 'for-%s' from communications where id = '%s'",
                 needle, id);
    (void)pg_sql("insert into http_calls (tenant_id, provider, method, url, entity, request, "
                 "response, duration_ms) values ('%s', 'smtp', 'MAIL', 'smtp://x', "
                 "'communication:%s', 'RCPT TO %s', '550 %s', 1)",
                 pg_tenant(), id, needle, needle);
    (void)pg_sql(
        "insert into jobs (tenant_id, queue, kind, args, state, errors) values ('%s', 'q', "
        "'track.send_communication', '{\"communicationId\": \"%s\"}', 'parked', "
        "'[{\"error\": \"550 %s\"}]')",
        pg_tenant(), id, needle);
    (void)pg_sql("insert into job_history (id, tenant_id, queue, kind, args, attempt, errors, "
                 "created_at) values (1, '%s', 'q', 'k', '{\"communicationId\": \"%s\"}', 1, "
                 "'[{\"error\": \"550 %s\"}]', now())",
                 pg_tenant(), id, needle);
}

/* Every column of every table, wherever a text stands: how many rows still hold it. */
static inline long long rows_with(const char *needle)
{
    return pg_int(
        "create or replace function rows_with(needle text) returns bigint language plpgsql "
        "as $$ declare t text; n bigint; total bigint = 0; begin for t in select "
        "c.oid::regclass::text from pg_class c where c.relnamespace = "
        "'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition and "
        "c.relname <> 'erasures' loop execute format('select count(*) from %%s t where "
        "strpos(to_jsonb(t)::text, $1) > 0 or strpos(to_jsonb(t)::text, "
        "encode(convert_to($1, ''UTF8''), ''hex'')) > 0', t) into n using needle; if n > 0 "
        "then raise notice '%%: %%', t, n; end if; total = total + n; end loop; return "
        "total; end $$; select rows_with('%s')",
        needle);
}

static inline bool file_is_there(const char *text)
{
    struct str bytes;
    unsigned char digest[32];
    struct ctx *c = as("track_worker");
    sha256(text, strlen(text), digest);
    return store_get(pg_app()->store, c->arena, hex(c->arena, digest, 32), &bytes) == OK;
}

struct bundle_search {
    const char *text;
    bool found;
};

static inline enum err search_entry(void *to, const char *name, struct str bytes,
                                    struct arena *page)
{
    (void)page;
    struct bundle_search *s = to;
    s->found =
        s->found || strstr(name, s->text) || memmem(bytes.p, bytes.n, s->text, strlen(s->text));
    return OK;
}

/* Whether a text stands in a bundle, or in a name in it. */
static inline bool bundle_has(const char *sha256, const char *text)
{
    struct bundle_search s = { text, false };
    assert_int_equal(bundle_read(as("track_worker"), sha256, search_entry, &s), OK);
    return s.found;
}

static int age_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)at;
    const struct timespec old[2] = { { .tv_sec = 1000000000 }, { .tv_sec = 1000000000 } };
    return type == FTW_F ? utimensat(AT_FDCWD, path, old, 0) : 0;
}

/* As if all files had been put long ago. */
static inline void age_files(void)
{
    assert_int_equal(nftw(pg_settings()->store_dir, age_one, 8, FTW_PHYS), 0);
}
