/* Billing files for the tests of imports, and a database without any. */
#pragma once

#include "pg/pg.h"

#include "base/json.h"
#include "import/import.h"
#include "store/store.h"

#include <archive.h>
#include <archive_entry.h>
#include <string.h>

#define HEADER                                                                                     \
    "building_code,building_name,unit_number,recipient_name,email,phone,street,postal_code,city,"  \
    "country,delivery_preference,subject,amount_due,currency,due_date,reference,attachment\n"

static const char two_rows[] = HEADER
    "B1,House \"One\",1.01,Anna \"\\\" Meier,anna@example.ch,,Weg 1,8000,Zürich,CH,email+letter,"
    "Bill 2024,12.50,CHF,2025-01-31,R1,a/1.pdf\n"
    "B1,House One,1.02,Ben,,+41791234567,,,,CH,sms,Bill 2024,,,,R2,\n";

static inline void clear(void)
{
    pg_sql("set session_replication_role = replica");
    pg_sql("set client_min_messages = warning");
    pg_sql("truncate jobs, imports, buildings, communication_counts, unit_years cascade");
    pg_sql("reset session_replication_role");
}

static inline struct ctx *context(void)
{
    clear();
    return pg_ctx("track_web");
}

/* A zip with one entry of each name, not compressed. */
static inline struct str zip_of(struct ctx *c, const char *const *names, const char *content)
{
    size_t used = 0, room = 1 << 20;
    char *to = arena_alloc(c->arena, room);
    struct archive *z = archive_write_new();
    archive_write_set_format_zip(z);
    archive_write_set_options(z, "zip:compression=store");
    archive_write_open_memory(z, to, room, &used);
    for (; *names; names++) {
        struct archive_entry *entry = archive_entry_new();
        archive_entry_set_pathname(entry, *names);
        archive_entry_set_filetype(entry, AE_IFREG);
        archive_entry_set_perm(entry, 0644);
        archive_entry_set_size(entry, (la_int64_t)strlen(content));
        archive_write_header(z, entry);
        archive_write_data(z, content, strlen(content));
        archive_entry_free(entry);
    }
    archive_write_close(z);
    archive_write_free(z);
    return (struct str){ to, used };
}

static inline char *many_rows(struct ctx *c, int n)
{
    struct buf text = buf_in(c->arena);
    buf_puts(&text, HEADER);
    for (int i = 0; i < n; i++)
        buf_printf(&text,
                   "B%d,House,%d,Person %d,p%d@example.ch,,Weg 1,8000,Bern,CH,email,Bill 2024,1.00,"
                   "CHF,,R%d,\n",
                   i / 100, i % 100, i, i, i);
    return text.p;
}

/* Keeps a file, and a zip where there is one, as an upload does. */
static inline struct import_new kept(struct ctx *c, const char *text, struct str zip)
{
    struct blob blob;
    struct import_new n = { .options = { .file_name = "bills.csv" } };
    assert_int_equal(store_put(c->app->store, c->arena, str_of(text), &blob), OK);
    n.file_sha256 = arena_strdup(c->arena, blob.sha256);
    if (zip.p) {
        assert_int_equal(store_put(c->app->store, c->arena, zip, &blob), OK);
        n.attachments_sha256 = arena_strdup(c->arena, blob.sha256);
    }
    return n;
}
