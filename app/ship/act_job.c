/* The job that asks a carrier for something of a shipment: once, where it may not be repeated. */
#include "ship/act.h"

#include "base/json.h"
#include "base/settings.h"
#include "carriers/carrier.h"
#include "db/db.h"
#include "http/http.h"
#include "ship/account.h"
#include "ship/act.sql.h"
#include "ship/ship.h"
#include "store/keep.h"

#include <inttypes.h>
#include <string.h>

#define FILE_MOST ((size_t)20 << 20)
#define REF_CHANCE 12 /* of the end of an act's id, in the reference of a return */
#define LOOKS 3       /* in vain before a call is repeated */
#define CALLS 3       /* without a known outcome before a person is asked */
#define DAY_CHARACTERS 10
#define LOOK_THERE "look in its own pages before it is asked for again."

struct acting {
    struct job *j;
    const char *id, *shipment_id;
    enum act act;
    int64_t begun_ms; /* of a call, what came of which is not known; 0: there is none */
    int tries, looks;
    struct json_object *asked;
    struct parcel parcel;
    struct parcel_known known;
    const struct carrier *carrier;
    struct carrier_call call;
    struct channel_account account;
    struct carrier_result out;
    struct blob blob; /* the document; sha256 "": there is none */
};

static const unsigned documents[ACT_COUNT] = {
    [ACT_LABEL] = CARRIER_LABEL, [ACT_MANIFEST] = CARRIER_MANIFEST, [ACT_INVOICE] = CARRIER_INVOICE
};

static enum act act_of(const char *name)
{
    int i = 0;
    while (i < ACT_COUNT && strcmp(act_names[i], name) != 0)
        i++;
    return (enum act)i;
}

/* ---- reading it ---- */

/* ERR_NOT_FOUND: it is settled. */
static enum err open_act(struct acting *a)
{
    PGresult *row;
    struct ctx *c = &a->j->ctx;
    db_begin_reading(c->db, c->tenant_id);
    enum err e = db_end(c->db, db_query(c->db, c->arena, act_open, &row, .id = a->id));
    if (e)
        return e;
    if (rows_count(row) == 0 || strcmp(row_text(row, 0, "state"), "waiting") != 0)
        return ERR_NOT_FOUND;
    struct json_object *o = row_json(c->arena, row, 0);
    const char *reference_id = row_text(row, 0, "reference_id");
    a->act = act_of(row_text(row, 0, "act"));
    a->shipment_id = row_text(row, 0, "shipment_id");
    a->begun_ms = row_int(row, 0, "begun_ms");
    a->tries = (int)row_int(row, 0, "tries");
    a->looks = (int)row_int(row, 0, "looks");
    a->asked = json_get(o, "asked");
    a->carrier = carrier_of(row_text(row, 0, "carrier"), false);
    a->known = (struct parcel_known){ .order_id = row_text(row, 0, "carrier_order_id"),
                                      .shipment_id = row_text(row, 0, "carrier_shipment_id"),
                                      .tracking_number = row_text(row, 0, "tracking_number") };
    a->parcel = (struct parcel){ .our_ref = row_text(row, 0, "our_ref"),
                                 .request = json_get(o, "request") };
    if (a->act == ACT_PICKUP && a->parcel.request && json_text(a->asked, "pickupOn"))
        json_object_object_add(a->parcel.request, "pickupOn",
                               json_text_new(json_text(a->asked, "pickupOn")));
    if (a->act == ACT_RETURN)
        a->parcel.our_ref = arena_printf(c->arena, "R-%.30s-%s", a->parcel.our_ref,
                                         reference_id + strlen(reference_id) - REF_CHANCE);
    a->call =
        (struct carrier_call){ .c = c,
                               .account = &a->account,
                               .job_id = a->j->id,
                               .entity = arena_printf(c->arena, "shipment:%s", a->shipment_id) };
    e = account_open(a->j, row_text(row, 0, "account_id"), &a->account);
    return e == ERR_NOT_FOUND ? ERR_DENIED : e;
}

/* ---- what came of it ---- */

/* As a sentence after "Shiprocket …". */
static const char *done_words(struct acting *a)
{
    struct ctx *c = &a->j->ctx;
    const struct parcel_known *k = &a->out.known;
    const char *title = a->carrier->title;
    switch (a->act) {
    case ACT_LABEL:
        return arena_printf(c->arena, "%s made the label.", title);
    case ACT_MANIFEST:
        return arena_printf(c->arena, "%s made the manifest.", title);
    case ACT_INVOICE:
        return arena_printf(c->arena, "%s made the invoice.", title);
    case ACT_PICKUP:
        return k->pickup_on ? arena_printf(c->arena, "It is picked up on %.10s.", k->pickup_on)
                            : "A pickup is scheduled.";
    case ACT_CANCEL:
        return arena_printf(c->arena, "%s took it back.", title);
    case ACT_RETURN:
        return arena_printf(c->arena, "%s fetches it from its recipient, as %s.", title,
                            k->order_id);
    case ACT_NDR:
        return arena_printf(c->arena, "%s was told what to do: %s.", title,
                            json_text(a->asked, "action"));
    case ACT_SERVICEABILITY:
        return arena_printf(c->arena, "%zu couriers of %s would carry it.",
                            json_object_array_length(json_get(a->out.summary, "couriers")), title);
    case ACT_COUNT:
        break;
    }
    return title;
}

static struct json_object *result_of(struct acting *a)
{
    const struct parcel_known *k = &a->out.known;
    struct json_object *o = a->out.summary;
    const struct {
        const char *key, *text;
    } texts[] = { { "carrierOrderId", k->order_id },
                  { "carrierShipmentId", k->shipment_id },
                  { "ourRef", a->act == ACT_RETURN ? a->parcel.our_ref : NULL },
                  { "pickupToken", k->pickup_token },
                  { "pickupOn", k->pickup_on } };
    if (!o)
        o = json_own(a->j->ctx.arena, json_object_new_object());
    bool told = a->act == ACT_PICKUP || a->act == ACT_RETURN;
    for (size_t i = 0; told && i < sizeof(texts) / sizeof(texts[0]); i++)
        if (texts[i].text)
            json_object_object_add(o, texts[i].key, json_text_new(texts[i].text));
    return o;
}

static enum err tell_timeline(struct acting *a, bool done, const char *sentence)
{
    static const char *const types[ACT_COUNT] = {
        [ACT_LABEL] = "LABEL_MADE", [ACT_PICKUP] = "PICKUP_SCHEDULED", [ACT_CANCEL] = "CANCELLED"
    };
    struct ctx *c = &a->j->ctx;
    struct json_object *d = json_own(c->arena, json_object_new_object());
    json_set_text(d, "act", act_names[a->act]);
    json_set_text(d, "actId", a->id);
    json_set_text(d, "code", a->out.code);
    json_set(d, "asked", json_object_get(a->asked));
    if (done)
        json_set(d, "result", json_object_get(result_of(a)));
    if (done && a->act == ACT_NDR)
        json_set_text(d, "answers", "attempt"); /* it asks its people for that no more */
    bool cancelled = done && a->act == ACT_CANCEL;
    const struct shipment_event event = {
        .type = done && types[a->act] ? types[a->act] : "CARRIER_ACTION",
        .source = "carrier",
        .grade = cancelled || (done && a->act == ACT_PICKUP) ? 'B' : 0,
        .claim = cancelled ? PARCEL_CANCELLED : PARCEL_NOTHING,
        .sentence = sentence,
        .detail = d,
        .dedupe_key = arena_printf(c->arena, "act:%s", a->id),
    };
    return shipment_append(c, a->shipment_id, &event, 1, false, NULL, NULL);
}

static enum err write_settled(struct acting *a, const char *state, const char *sentence)
{
    PGresult *row;
    struct ctx *c = &a->j->ctx;
    const bool done = strcmp(state, "done") == 0, file = done && *a->blob.sha256;
    enum err e = file ? blob_keep(c, &a->blob) : OK;
    if (e == OK)
        e = tell_timeline(a, done, sentence);
    if (e == OK)
        e = db_query(c->db, c->arena, act_settle, &row, .id = a->id, .state = state,
                     .sentence = sentence, .code = a->out.code,
                     .result = done ? json_compact(c->arena, result_of(a)) : "{}",
                     .sha256 = file ? a->blob.sha256 : NULL,
                     .content_type = file ? a->blob.content_type : NULL);
    if (e == OK && rows_count(row) == 0)
        return ERR_CONFLICT; /* another worker has */
    return e == OK ? job_done(a->j) : e;
}

static enum err settle(struct acting *a, const char *state, const char *sentence)
{
    struct ctx *c = &a->j->ctx;
    db_begin(c->db, c->tenant_id);
    enum err e = db_end(c->db, write_settled(a, state, sentence));
    if (e)
        a->j->ended = false;
    return e;
}

static enum err done(struct acting *a)
{
    return settle(a, "done", done_words(a));
}

static enum err fail(struct acting *a)
{
    const char *said = a->out.sentence ? a->out.sentence : "The carrier did not do it.";
    return settle(a, "failed", said);
}

/* Nobody can tell: it is not repeated. */
static enum err leave(struct acting *a, const char *why)
{
    return settle(a, "unknown",
                  arena_printf(a->j->ctx.arena,
                               "%s It is not known whether %s has done it: " LOOK_THERE, why,
                               a->carrier->title));
}

static const char *number(struct acting *a, int64_t n)
{
    return arena_printf(a->j->ctx.arena, "%" PRId64, n);
}

static enum err move(struct acting *a)
{
    PGresult *row;
    struct ctx *c = &a->j->ctx;
    db_begin(c->db, c->tenant_id);
    enum err e =
        db_end(c->db, db_query(c->db, c->arena, act_move, &row, .id = a->id,
                               .begun_ms = number(a, a->begun_ms), .tries = number(a, a->tries),
                               .looks = number(a, a->looks)));
    return e == OK && rows_count(row) == 0 ? ERR_CONFLICT : e;
}

/* ---- asking ---- */

/* Fetched through the guard, without the account's token: it may lie with anybody. So may whoever
   knows the address fetch it, which in the log would outlive the words of its shipment. */
static enum err fetch(struct acting *a)
{
    struct ctx *c = &a->j->ctx;
    struct http_answer answer;
    const struct http_call get = { .provider = "carrier.file",
                                   .account = a->account.id,
                                   .method = "GET",
                                   .url = a->out.file_url,
                                   .job_id = a->j->id,
                                   .entity = a->call.entity,
                                   .repeatable = true,
                                   .secret_body = true,
                                   .secret_path = true,
                                   .most = FILE_MOST };
    enum err e = http_send(c, &get, &answer);
    if (e) {
        a->out.sentence = answer.error;
        a->out.retry_after = answer.retry_after;
        return e;
    }
    a->out.sentence = "The carrier's document cannot be fetched just now.";
    if (answer.status != 200 || answer.cut)
        return ERR_RETRY;
    e = store_put(c->app->store, c->arena, answer.body, &a->blob);
    if (e)
        return e;
    if (strcmp(a->blob.content_type, "application/pdf") == 0 ||
        strncmp(a->blob.content_type, "image/", 6) == 0)
        return OK;
    a->blob.sha256[0] = '\0';
    a->out.sentence = "What the carrier gave for the document is none.";
    return ERR_RETRY;
}

static enum err document(struct acting *a)
{
    enum err e =
        a->carrier->document(&a->call, (enum carrier_can)documents[a->act], &a->known, &a->out);
    return e ? e : fetch(a);
}

static enum err ask(struct acting *a)
{
    switch (a->act) {
    case ACT_LABEL:
    case ACT_MANIFEST:
    case ACT_INVOICE:
        return document(a);
    case ACT_PICKUP:
        return a->carrier->pickup(&a->call, &a->parcel, &a->known, &a->out);
    case ACT_CANCEL:
        return a->carrier->cancel(&a->call, &a->known, &a->out);
    case ACT_RETURN:
        return a->carrier->give_back(&a->call, &a->parcel, &a->out);
    case ACT_NDR:
        return a->carrier->ndr(&a->call, &a->known, a->asked, &a->out);
    case ACT_SERVICEABILITY:
        return a->carrier->serviceability(&a->call, &a->parcel,
                                          json_text(a->asked, "pickupPostalCode"), &a->out);
    case ACT_COUNT:
        break;
    }
    return ERR_INVALID;
}

/* A pickup is the one that was asked for where it is of the day that was. ERR_CONFLICT: the carrier
   does not tell of which it is. */
static enum err is_pickup(const struct acting *a, const struct parcel_known *k)
{
    const char *wanted = json_text(a->asked, "pickupOn"), *on = k->pickup_on;
    if (!on && !k->pickup_token)
        return ERR_NOT_FOUND;
    if (!wanted)
        return OK;
    if (!on || strlen(on) < DAY_CHARACTERS || on[4] != '-' || on[7] != '-')
        return ERR_CONFLICT;
    return strncmp(on, wanted, DAY_CHARACTERS) == 0 ? OK : ERR_NOT_FOUND;
}

/* Whether the carrier has done what may not be done twice. ERR_NOT_FOUND: surely not, as far as it
   knows by now. */
static enum err look(struct acting *a, struct carrier_result *out)
{
    if (a->act == ACT_RETURN)
        return a->carrier->find_return(&a->call, &a->parcel, out);
    enum err e = a->carrier->state(&a->call, &a->parcel, &a->known, out);
    return e == OK ? is_pickup(a, &out->known) : e == ERR_NOT_FOUND ? ERR_RETRY : e;
}

bool act_can_be_looked_for(enum act act)
{
    return act == ACT_RETURN || act == ACT_PICKUP;
}

/* May be asked for again and again with one outcome. */
static bool repeats(const struct acting *a)
{
    return documents[a->act] || a->act == ACT_CANCEL || a->act == ACT_SERVICEABILITY;
}

static const char *why_not(const struct acting *a)
{
    return a->out.sentence ? a->out.sentence : "The carrier was not reached.";
}

/* What was tried is tried again, or was for the last time. */
static enum err later(struct acting *a, enum err e)
{
    struct job *j = a->j;
    if (j->attempt >= j->max_attempts)
        return a->begun_ms ? leave(a, why_not(a)) : fail(a);
    j->retry_after = a->out.retry_after;
    return job_fail(j, e, "%s", why_not(a));
}

static int64_t now_ms(const struct acting *a)
{
    struct app *app = a->j->ctx.app;
    return app->now_ms(app);
}

/* The carrier may still be at it, or not list yet what it has done. */
static int64_t wait_ms(const struct acting *a)
{
    int64_t rest = (int64_t)a->j->ctx.app->settings->delivery_settle_seconds * 1000;
    return a->begun_ms + rest * (a->looks + 1) - now_ms(a);
}

static enum err rest(struct acting *a)
{
    int64_t left = wait_ms(a);
    a->j->snooze = true;
    a->j->retry_after = left > 0 ? (int)((left + 999) / 1000) : 1;
    return job_fail(a->j, ERR_RETRY, "%s", "It is not known whether the carrier has done it.");
}

/* The outcome of the call just made is not known. */
static enum err unsure(struct acting *a)
{
    if (!act_can_be_looked_for(a->act))
        return leave(a, "No answer came.");
    a->begun_ms = now_ms(a);
    a->looks = 0;
    enum err e = move(a);
    return e ? e : rest(a);
}

/* OK with *again: it was not done, as the carrier has said again and again. */
static enum err look_first(struct acting *a, bool *again)
{
    *again = false;
    if (!act_can_be_looked_for(a->act))
        return leave(a, "No answer came.");
    if (wait_ms(a) > 0)
        return rest(a);
    enum err e = look(a, &a->out);
    if (e == OK)
        return done(a);
    if (e == ERR_CONFLICT)
        return leave(a, "The carrier does not tell of which day its pickup is.");
    if (e != ERR_NOT_FOUND)
        return later(a, e);
    *again = ++a->looks >= LOOKS;
    if (*again && a->tries >= CALLS)
        return leave(a, "No answer came, however often it was asked for.");
    if (*again)
        return OK;
    e = move(a);
    return e ? e : rest(a);
}

/* A refusal may be of what was done before: by an earlier call, or a pickup by the delivery. */
static enum err refused(struct acting *a)
{
    struct ctx *c = &a->j->ctx;
    struct carrier_result now = { .found = false };
    const char *said = why_not(a);
    enum err e = act_can_be_looked_for(a->act) ? look(a, &now) : ERR_NOT_FOUND;
    if (e == OK) {
        a->out = now;
        return done(a);
    }
    if (a->tries > 1)
        return leave(a, said);
    if (a->act == ACT_PICKUP && now.known.pickup_on)
        a->out.sentence =
            arena_printf(c->arena, "%s It is picked up on %.10s.", said, now.known.pickup_on);
    return fail(a);
}

static enum err call(struct acting *a)
{
    a->begun_ms = now_ms(a);
    a->tries++;
    enum err e = repeats(a) ? OK : move(a);
    if (e)
        return e;
    e = ask(a);
    if (e == OK)
        return done(a);
    if (e != ERR_RETRY && e != ERR_LIMITED && e != ERR_INTERNAL)
        return refused(a);
    if (!repeats(a) && (a->out.unknown || e == ERR_INTERNAL))
        return unsure(a);
    a->begun_ms = 0;
    a->tries--;
    enum err cleared = repeats(a) ? OK : move(a);
    return cleared ? cleared : later(a, e);
}

/* What the carrier is told may have been forgotten since it was asked for. */
static bool lacks_words(const struct acting *a)
{
    return (a->act == ACT_RETURN || a->act == ACT_SERVICEABILITY) &&
           !json_get(a->parcel.request, "recipient");
}

enum err act_run(struct job *j)
{
    bool again = true;
    struct acting a = { .j = j, .id = json_text(j->args, "actId") };
    if (!a.id)
        return job_fail(j, ERR_INVALID, "The job names nothing to be asked.");
    enum err e = open_act(&a);
    if (e == ERR_NOT_FOUND)
        return OK;
    if (e == ERR_DENIED) {
        a.out.sentence = "The account at the carrier is off.";
        return a.begun_ms ? leave(&a, a.out.sentence) : fail(&a);
    }
    if (e == OK && j->ctx.app->settings->carrier_dry_run) {
        a.out.sentence = "No carrier is called while TRACK_CARRIER_DRY_RUN is true.";
        return a.begun_ms ? leave(&a, a.out.sentence) : fail(&a);
    }
    if (e == OK && a.begun_ms)
        e = look_first(&a, &again);
    if (e == OK && again && lacks_words(&a)) {
        a.out.sentence = "Where it went is forgotten, as its retention has it.";
        return fail(&a);
    }
    if (e == OK && again)
        e = call(&a);
    if (e != ERR_CONFLICT)
        return e;
    j->snooze = true;
    j->retry_after = 1;
    return job_fail(j, ERR_RETRY, "Another worker has settled it meanwhile.");
}
