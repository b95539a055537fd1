/* A communication as a letter: its PDF is made and kept; printing and posting it is a person's. */
#include "base/json.h"
#include "db/db.h"
#include "store/store.h"
#include "track/letter.h"
#include "track/letter.sql.h"

#define INT(n) arena_printf(c->arena, "%d", (n))

static struct json_object *detail(struct ctx *c, const struct sending *s,
                                  const struct letter_made *made)
{
    char code[LETTER_CODE_LENGTH + 1];
    struct json_object *d = json_own(c->arena, json_object_new_object());
    json_set_text(d, "sha256", made->blob.sha256);
    json_set_int(d, "pages", made->pdf.pages);
    json_set_int(d, "sheets", made->sheets);
    json_set(d, "grams",
             json_object_new_double_s(made->grams, arena_printf(c->arena, "%.2f", made->grams)));
    if (letter_code_write(s->id, code))
        json_set_text(d, "letterCode", code);
    if (made->pdf.unknown)
        json_set_int(d, "unknownCharacters", made->pdf.unknown);
    return d;
}

/* In the transaction of the sending's end. */
static enum err keep(struct sending *s)
{
    struct ctx *c = &s->job->ctx;
    const struct letter_made *made = s->of_way;
    enum err e = blob_note(c, &made->blob);
    if (e != OK)
        return e;
    return db_query(c->db, c->arena, letter_keep, NULL, .communication_id = s->id,
                    .attempt_no = sending_text(s, "attempt_no"), .sha256 = made->blob.sha256,
                    .pages = INT(made->pdf.pages), .sheets = INT(made->sheets),
                    .grams = arena_printf(c->arena, "%.2f", made->grams),
                    .unknown = INT(made->pdf.unknown));
}

static enum err send(struct sending *s)
{
    struct ctx *c = &s->job->ctx;
    const struct letter_settings *settings;
    struct letter_made *made = arena_new_of(c->arena, struct letter_made);
    db_begin_reading(c->db, c->tenant_id);
    enum err e = db_end(c->db, letter_settings_load(c, &settings));
    if (e == OK)
        e = letter_compose(s, settings, made);
    if (e == OK)
        e = store_put(c->app->store, c->arena, made->pdf.bytes, &made->blob);
    if (e != OK)
        return e;
    s->of_way = made;
    s->detail = detail(c, s, made);
    s->result.provider = "print";
    s->result.sentence =
        arena_printf(c->arena, "The letter is ready to be printed: %d %s, %.0f g.", made->sheets,
                     made->sheets == 1 ? "sheet" : "sheets", made->grams);
    return OK;
}

const struct send_way send_letter = {
    .channel = CHANNEL_LETTER,
    .queue = "letter",
    .accepted = EVENT_READY_TO_PRINT,
    .send = send,
    .keep = keep,
};

const struct send_way send_registered = {
    .channel = CHANNEL_LETTER_WITH_RECEIPT,
    .queue = "letter",
    .accepted = EVENT_READY_TO_PRINT,
    .send = send,
    .keep = keep,
};
