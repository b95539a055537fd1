/* The log of a run: what was done with it, by whom and when. */
#include "base/json.h"
#include "base/words.h"
#include "db/db.h"
#include "track/run.h"
#include "track/run.sql.h"

#include <string.h>

const char *const runs_deeds[] = { "sent",           "asked",  "approved", "refused",
                                   "withdrawn",      "paused", "resumed",  "firstSkipped",
                                   "othersFollowed", "closed", "reopened", NULL };

/* In the order of runs_deeds; %s is how many messages it was about. */
static const char *const sentences[] = {
    "%s sent",
    "Approval of %s asked for",
    "%s approved",
    "Approval of %s refused",
    "The question was taken back",
    "Paused",
    "Went on",
    "Went on without waiting for the first %s",
    "The others followed the first %s",
    "Closed",
    "Opened again",
};

static const char *sentence_of(struct ctx *c, const PGresult *rows, int i)
{
    size_t d = 0;
    struct buf b = buf_in(c->arena);
    const char *what = row_text(rows, i, "what");
    while (runs_deeds[d + 1] && strcmp(runs_deeds[d], what) != 0)
        d++;
    const char *at = strstr(sentences[d], "%s"), *by = row_text(rows, i, "_by");
    if (!at)
        return sentences[d];
    buf_put(&b, sentences[d], (size_t)(at - sentences[d]));
    buf_puts(&b, count_words(c->arena, row_int(rows, i, "messages"), "message", "messages"));
    buf_puts(&b, at + 2);
    if (row_bool(rows, i, "_approved"))
        buf_printf(&b, ", approved by %s", by ? by : "a second person");
    return b.p;
}

enum err runs_log(struct ctx *c, const char *batch_id, struct json_object **out)
{
    PGresult *rows;
    enum err e = db_query(c->db, c->arena, runs_log, &rows, .batch_id = batch_id);
    if (e != OK)
        return e;
    *out = rows_json(c->arena, rows);
    for (int i = 0; i < rows_count(rows); i++)
        json_set_text(json_object_array_get_idx(*out, (size_t)i), "sentence",
                      sentence_of(c, rows, i));
    return OK;
}
