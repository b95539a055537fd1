/* trackctl report: a report read from a mail pipe. */
#include "base/json.h"
#include "channels/report.h"
#include "db/db.h"
#include "main/command.h"
#include "proof/verify.sql.h"
#include "track/track.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define REPORT_LIMIT ((size_t)4 * 1024 * 1024)

static enum err tenants(struct ctx *c, const char *slug, PGresult **rows)
{
    enum err e = db_query(c->db, c->arena, verify_tenants, rows, .slug = slug);
    if (e == OK && slug && rows_count(*rows) == 0)
        return ctx_refuse(c, ERR_NOT_FOUND, "There is no such tenant.");
    return e;
}

static enum err read_message(struct ctx *c, const char *path, struct str *out)
{
    struct buf b = buf_in(c->arena);
    ssize_t n = 0;
    int fd = strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return ctx_refuse(c, ERR_INVALID, "%s cannot be read.", path);
    while (b.n <= REPORT_LIMIT && (n = read(fd, buf_room(&b, 65536), 65536)) > 0)
        b.n += (size_t)n;
    if (fd != STDIN_FILENO)
        close(fd);
    if (n < 0 || b.n > REPORT_LIMIT)
        return ctx_refuse(c, ERR_INVALID, "%s cannot be read, or is over 4 MiB.", path);
    *out = buf_str(&b);
    return OK;
}

static enum err apply_in(struct ctx *c, const char *tenant_id, const struct report *r, int *matched)
{
    c->tenant_id = tenant_id;
    c->actor = (struct actor){ .kind = ACTOR_PROVIDER, .name = "mail" };
    db_begin(c->db, tenant_id);
    enum err e = report_apply(c, r, NULL, "mail.report/1", matched);
    return db_end(c->db, e);
}

/* Whose message a report is about, only its ids tell: each tenant is asked until one knows them. */
static enum err apply(struct ctx *c, const char *slug, const struct report *r, int *matched)
{
    PGresult *rows;
    *matched = 0;
    enum err e = tenants(c, slug, &rows);
    for (int i = 0; e == OK && *matched == 0 && i < rows_count(rows); i++)
        e = apply_in(c, row_text(rows, i, "id"), r, matched);
    return e;
}

static const char *option(int argc, char **args, const char *name)
{
    for (int i = 0; i + 1 < argc; i++)
        if (strcmp(args[i], name) == 0)
            return args[i + 1];
    return NULL;
}

static int run_report(struct ctx *c, int argc, char **args)
{
    struct str message = { "", 0 };
    struct report r;
    int matched;
    if (argc < 1)
        return 2;
    if (read_message(c, args[0], &message) != OK)
        return 1;
    if (report_parse(c->arena, message, &r) != OK)
        return (void)ctx_refuse(c, ERR_INVALID, "This is not a mail message."), 1;
    if (r.kind == REPORT_NONE) {
        puts("not a report");
        return 0;
    }
    if (apply(c, option(argc, args, "--tenant"), &r, &matched) != OK)
        return 1;
    printf("%d matched\n", matched);
    return 0;
}

const struct command report_commands[] = {
    { .name = "report",
      .usage = "FILE|- [--tenant SLUG]",
      .help = "Reads one mail message and applies it, if it is a delivery or read report.",
      .owner = true,
      .run = run_report },
    { .name = NULL },
};
