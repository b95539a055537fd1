/* A communication's page: its timeline by attempt, machine noise folded, and the words of all. */
#include "track/communication_page.h"

#include "base/json.h"
#include "base/money.h"
#include "db/db.h"
#include "track/channel.h"
#include "track/communication_claims.h"
#include "track/labels.h"
#include "track/mention.h"
#include "track/send_way.h"
#include "track/track.h"
#include "web/json_view.h"

#include <string.h>

static void set_label(struct json_object *to, const struct label *l, const char *word_key)
{
    json_set_text(to, word_key, l->word);
    json_set_text(to, "icon", l->icon);
    json_set_text(to, "tone", l->tone);
}

/* How well a claim is vouched for, in words. */
static const char *grade_words(const char *grade)
{
    static const char *const words[] = { "an act of the recipient", "a third party observed it",
                                         "the provider, or staff, says so without detail",
                                         "inferred: nobody observed it" };
    if (!grade)
        return NULL;
    return *grade >= 'A' && *grade <= 'D' ? words[*grade - 'A']
                                          : "machine noise: it proves nothing";
}

/* ---- the timeline ---- */

static struct json_object *note_of(struct json_object *d, const char *event_id)
{
    struct json_object *notes = json_get(d, "notes");
    for (size_t i = 0; i < json_object_array_length(notes); i++) {
        struct json_object *n = json_object_array_get_idx(notes, i);
        if (strcmp(json_text(n, "eventId"), event_id) == 0)
            return n;
    }
    return NULL;
}

static void dress_event(struct arena *a, struct json_object *d, struct json_object *e)
{
    const char *type = json_text(e, "type");
    struct json_object *note = note_of(d, json_text(e, "eventId"));
    set_label(e, event_label(type), "label");
    json_set_text(e, "sourceLabel", source_label(json_text(e, "source")));
    json_set_text(e, "gradeWords", grade_words(json_text(e, "grade")));
    communication_dialogue(a, e);
    if (!note)
        return;
    json_set(e, "proof", json_object_get(json_get(note, "proof")));
    bool alone = strcmp(type, "NOTE") == 0;
    json_set_text(e, "missed", json_text(note, "missed"));
    if (!alone)
        json_set_text(e, "note", json_text(note, "note"));
    json_set(e, alone ? "sentenceParts" : "noteParts", json_object_get(json_get(note, "parts")));
}

/* Where the attempt at hand went; before it did, where it will. */
static const char *address_at_hand(struct json_object *d)
{
    struct json_object *events = json_get(d, "events");
    const char *channel = json_text(d, "channel"), *to = NULL;
    int64_t no = json_object_get_int64(json_get(d, "attemptNo"));
    for (size_t i = 0; !to && i < json_object_array_length(events); i++) {
        struct json_object *e = json_object_array_get_idx(events, i);
        if (json_object_get_int64(json_get(e, "attemptNo")) == no)
            to = json_text(json_get(e, "detail"), "to");
    }
    if (to)
        return to;
    return json_text(d, strcmp(channel, "EMAIL") == 0 ? "email"
                        : strcmp(channel, "SMS") == 0 ? "phone"
                                                      : "address");
}

static void dress_group(struct json_object *d, struct json_object *group, int64_t no)
{
    struct json_object *attempts = json_get(d, "earlierAttempts"), *of = d;
    for (size_t i = 0; i < json_object_array_length(attempts); i++) {
        struct json_object *a = json_object_array_get_idx(attempts, i);
        if (json_object_get_int64(json_get(a, "attemptNo")) == no)
            of = a;
    }
    json_set_int(group, "attemptNo", no);
    json_set_bool(group, "current", of == d);
    set_label(group, standing_of(of), "statusLabel");
    json_set_text(group, "channelLabel", channel_label(json_text(of, "channel"))->word);
    json_set_text(group, "address", of == d ? address_at_hand(d) : json_text(of, "address"));
}

static struct json_object *group_new(struct json_object *d, struct json_object *groups, int64_t no)
{
    struct json_object *group = json_object_new_object();
    dress_group(d, group, no);
    json_set(group, "events", json_object_new_array());
    json_set(group, "machine", json_object_new_array());
    json_object_array_add(groups, group);
    return group;
}

/* Events by the attempt they are of; what machines did apart. */
static struct json_object *groups_of(struct arena *a, struct json_object *d)
{
    struct json_object *groups = json_object_new_array(), *group = NULL;
    struct json_object *events = json_get(d, "events");
    int64_t at = -1;
    for (size_t i = 0; i < json_object_array_length(events); i++) {
        struct json_object *e = json_object_array_get_idx(events, i);
        int64_t no = json_object_get_int64(json_get(e, "attemptNo"));
        const char *grade = json_text(e, "grade");
        bool machine = grade && strcmp(grade, "X") == 0;
        dress_event(a, d, e);
        if (!group || no != at)
            group = group_new(d, groups, no);
        at = no;
        json_object_array_add(json_get(group, machine ? "machine" : "events"), json_object_get(e));
    }
    for (size_t i = 0; i < json_object_array_length(groups); i++) {
        group = json_object_array_get_idx(groups, i);
        size_t n = json_object_array_length(json_get(group, "machine"));
        json_set_int(group, "machineCount", (int64_t)n);
        json_set_bool(group, "oneMachine", n == 1);
    }
    return groups;
}

/* From how many seconds on a wait for the next event is told of what keeps a message, or lets it
   lie: between two tries it has a cause. 0: none is. */
static long long told_from(const char *type)
{
    static const struct {
        const char *type;
        long long seconds;
    } types[] = {
        { "ENQUEUED", 3600 }, { "DELAYED", 60 }, { "HELD", 3600 }, { "RESEND_REQUESTED", 3600 }
    };
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (strcmp(types[i].type, type) == 0)
            return types[i].seconds;
    return 0;
}

static const char *span(struct arena *a, long long seconds)
{
    long long minutes = seconds / 60, hours = minutes / 60, days = hours / 24;
    if (days)
        return arena_printf(a, "%lld d %lld h", days, hours % 24);
    return hours ? arena_printf(a, "%lld h %lld min", hours, minutes % 60)
                 : arena_printf(a, "%lld min", minutes);
}

/* Of a delayed try that was tried again: whether the time was the one that was planned. */
static const char *tried_again(const PGresult *events, int i)
{
    if (strcmp(row_text(events, i + 1, "type"), "DELAYED") != 0 ||
        strcmp(row_text(events, i, "source"), "worker") != 0)
        return "";
    const char *early = row_text(events, i, "_early");
    return !early          ? ""
           : *early == 't' ? " Tried again before its time."
                           : " Tried again as planned.";
}

void communication_waits(struct ctx *c, const PGresult *events, struct json_object *d)
{
    struct json_object *list = json_get(d, "events");
    for (int i = 0; i + 1 < rows_count(events); i++) {
        long long seconds = row_text(events, i, "_waited") ? row_int(events, i, "_waited") : 0;
        long long from = told_from(row_text(events, i + 1, "type"));
        if (!from || seconds < from)
            continue;
        json_set_text(json_object_array_get_idx(list, (size_t)i), "waited",
                      arena_printf(c->arena, "%s: %s%s", span(c->arena, seconds),
                                   row_text(events, i + 1, "sentence"), tried_again(events, i)));
    }
}

/* ---- what stands beside the timeline ---- */

const char *const communication_looks[] = { "light", "dark", "phone", "text", NULL };
static const struct {
    const char *name, *word, *flag;
} tabs[] = {
    { "content", "Content", "inContent" },    { "data", "Data", "inData" },
    { "source", "Source", "inSource" },       { "attachments", "Attachments", "inAttachments" },
    { "decision", "Decision", "inDecision" }, { "related", "Related", "inRelated" },
    { "audit", "Audit", "inAudit" },
};

static void add_tabs(struct ctx *c, const char *id, const struct list_place *from,
                     struct json_object *d)
{
    const char *list_query = communication_list_query(c, from);
    struct json_object *list = json_object_new_array();
    for (size_t i = 0; i < sizeof(tabs) / sizeof(tabs[0]); i++) {
        struct json_object *t = json_object_new_object();
        bool on = strcmp(tabs[i].name, from->tab) == 0;
        json_set_text(t, "word", tabs[i].word);
        json_set_text(
            t, "href",
            arena_printf(c->arena, "/messages/%s?tab=%s%s#beside", id, tabs[i].name, list_query));
        json_set_bool(t, "selected", on);
        json_put(d, tabs[i].flag, false, json_object_new_boolean(on));
        json_object_array_add(list, t);
    }
    json_set(d, "tabs", list);
}

/* The same content in the light, in the dark, as narrow as a phone, and as plain text. */
static void add_looks(struct ctx *c, const char *id, const struct list_place *from,
                      struct json_object *d)
{
    static const char *const words[] = { "Light", "Dark", "Phone", "Text" };
    const char *list_query = communication_list_query(c, from);
    const char *present = from->as ? from->as : communication_looks[0];
    struct json_object *list = json_object_new_array();
    for (size_t i = 0; communication_looks[i]; i++) {
        struct json_object *look = json_object_new_object();
        json_set_text(look, "word", words[i]);
        json_set_text(look, "href",
                      arena_printf(c->arena, "/messages/%s?tab=content&as=%s%s#beside", id,
                                   communication_looks[i], list_query));
        json_set_bool(look, "selected", strcmp(present, communication_looks[i]) == 0);
        json_object_array_add(list, look);
    }
    json_set(d, "looks", list);
    json_set_text(d, "look", present);
    json_set_bool(d, "asText", strcmp(present, "text") == 0);
}

void communication_tabs(struct ctx *c, const char *id, const struct list_place *from,
                        struct json_object *d)
{
    add_tabs(c, id, from, d);
    add_looks(c, id, from, d);
}

/* ---- the rest ---- */

/* Where the list is of what has the same. */
static const char *list_href(struct ctx *c, const char *qualifier, const char *value)
{
    struct buf b = buf_in(c->arena);
    buf_printf(&b, "/messages?q=%s%%3A", qualifier);
    buf_url(&b, value, strlen(value));
    return b.p;
}

static void dress_tags(struct ctx *c, struct json_object *d)
{
    struct json_object *list = json_object_new_array(), *tags = json_get(d, "tags");
    for (size_t i = 0; i < json_object_array_length(tags); i++) {
        const char *tag = json_object_get_string(json_object_array_get_idx(tags, i));
        struct json_object *link = json_object_new_object();
        json_set_text(link, "tag", tag);
        json_set_text(link, "href", list_href(c, "tag", tag));
        json_object_array_add(list, link);
    }
    json_set_bool(d, "anyTags", json_object_array_length(list) > 0);
    json_set(d, "tagLinks", list);
    json_set_text(d, "templateHref", list_href(c, "template", json_text(d, "template")));
}

static void add_claim(struct json_object *list, struct json_object *event, const char *word)
{
    struct json_object *one = json_object_new_object();
    const char *grade = json_text(event, "grade");
    json_set_text(one, "word", word);
    json_set_text(one, "grade", grade);
    json_set_text(one, "gradeWords", grade_words(grade));
    json_set_text(one, "at", json_text(event, "occurredAt"));
    json_object_array_add(list, one);
}

/* What the head says of it, each with the grade and time of the very event that says so: an opening
   is a claim beside that of the delivery. */
static struct json_object *claims_of(struct json_object *d)
{
    struct json_object *list = json_object_new_array();
    struct json_object *claim = claim_of_status(d), *delivery = claim_of_delivery(d);
    bool opened = strcmp(json_text(d, "status"), "OPENED") == 0;
    if (claim)
        add_claim(list, claim, opened ? "Reported as opened" : NULL);
    if (opened && delivery)
        add_claim(list, delivery, "Reported as delivered");
    return list;
}

/* Where a letter that is not handed in yet is printed next; NULL: it is none. */
static const char *letters_href(struct ctx *c, struct json_object *d)
{
    const char *paper = json_text(d, "paper");
    if (strncmp(json_text(d, "channel"), "LETTER", 6) != 0 ||
        !(strcmp(json_text(d, "status"), "ENQUEUED") == 0 ||
          (paper && strcmp(paper, "LODGED") != 0)))
        return NULL;
    return arena_printf(c->arena, "/letters?building=%s&year=%lld",
                        json_text(json_get(d, "building"), "buildingId"),
                        (long long)json_object_get_int64(json_get(d, "year")));
}

static void dress_head(struct ctx *c, struct json_object *d)
{
    const char *currency = json_text(d, "currency");
    const char *id = json_text(d, "communicationId"), *status = json_text(d, "status");
    set_label(d, standing_of(d), "statusLabel");
    json_set_text(d, "channelLabel", channel_label(json_text(d, "channel"))->word);
    json_set(d, "claims", claims_of(d));
    json_set(d, "atHand", json_object_new_object());
    json_set_text(json_get(d, "atHand"), "address", address_at_hand(d));
    json_set_bool(d, "moving", strcmp(status, "ENQUEUED") == 0);
    json_set_bool(d, "hasNext", json_text(d, "nextAttemptAt") != NULL);
    json_set_text(d, "href", arena_printf(c->arena, "/messages/%s", id));
    if (currency)
        json_set_text(d, "amount",
                      money_text(c->arena, json_object_get_int64(json_get(d, "amountMinor")),
                                 currency, "en"));
    json_set_text(d, "unitHref",
                  arena_printf(c->arena, "/track/units/%s?year=%lld", json_text(d, "unitId"),
                               (long long)json_object_get_int64(json_get(d, "year"))));
    json_set_text(d, "lettersHref", letters_href(c, d));
    json_set_bool(d, "canLetter",
                  send_way_of("LETTER") && strcmp(json_text(d, "channel"), "LETTER") != 0);
}

void communication_help(struct json_object *d, bool refused, const char *other)
{
    static const char *const wrong[] = { "FAILED", "BOUNCED", "SKIPPED", "CANCELLED" };
    struct json_object *actions = json_get(d, "actions"), *helps = NULL;
    bool went_wrong = false;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        went_wrong = went_wrong || strcmp(json_text(d, "status"), wrong[i]) == 0;
    if (refused && other && went_wrong && json_object_get_boolean(json_get(actions, "resend"))) {
        helps = json_object_new_object();
        json_set_text(helps, "channel", other);
        json_set_text(helps, "word", channel_noun(channel_of(other), 1));
    }
    json_set(d, "helps", helps);
    json_set_bool(d, "resendHelps", went_wrong && !refused);
}

static void dress_contradiction(struct json_object *d)
{
    struct json_object *x = json_get(d, "contradiction");
    if (!x)
        return;
    struct json_object *against = json_get(x, "against");
    json_set_text(x, "sourceLabel", source_label(json_text(x, "source")));
    json_set_text(x, "label", event_label(json_text(x, "type"))->word);
    json_set_text(x, "againstLabel", status_label(json_text(against, "status"))->word);
    json_set_text(x, "againstWords", grade_words(json_text(against, "grade")));
    json_set_text(x, "gradeWords", grade_words(json_text(x, "grade")));
}

static void view_of(struct ctx *c, const PGresult *rows, int i, const char *column, int *left,
                    struct json_object *to, const char *key)
{
    const char *text = row_text(rows, i, column);
    struct json_object *view = text ? json_view(c->arena, str_of(text), "dialogue", left) : NULL;
    json_put(to, key, true, json_object_get(view));
}

void communication_views(struct ctx *c, const PGresult *events, const PGresult *audit,
                         struct json_object *d)
{
    int left = JSON_VIEW_PAGE;
    for (int i = 0; i < rows_count(events); i++)
        view_of(c, events, i, "detail", &left,
                json_object_array_get_idx(json_get(d, "events"), (size_t)i), "rawView");
    for (int i = 0; i < rows_count(audit); i++) {
        struct json_object *h = json_object_array_get_idx(json_get(d, "history"), (size_t)i);
        view_of(c, audit, i, "before", &left, h, "beforeView");
        view_of(c, audit, i, "after", &left, h, "afterView");
    }
}

void communication_mentions(struct ctx *c, const PGresult *notes, struct json_object *d)
{
    for (int i = 0; i < rows_count(notes); i++)
        json_set(json_object_array_get_idx(json_get(d, "notes"), (size_t)i), "parts",
                 json_object_get(mention_parts(c->arena, row_text(notes, i, "note"),
                                               row_text(notes, i, "_spans"))));
}

/* What the template was given, a row each. */
static struct json_object *data_rows(struct json_object *data)
{
    struct json_object *rows = json_object_new_array();
    json_object_object_foreach(data, key, value)
    {
        struct json_object *row = json_object_new_object();
        json_set_text(row, "name", key);
        json_set_text(row, "value", value ? json_object_get_string(value) : NULL);
        json_object_array_add(rows, row);
    }
    return rows;
}

static void set_any(struct json_object *d)
{
    static const char *const lists[][2] = {
        { "attachments", "anyAttachments" }, { "notes", "anyNotes" },   { "calls", "anyCalls" },
        { "history", "anyHistory" },         { "events", "anyEvents" },
    };
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
        json_put(d, lists[i][1], false,
                 json_object_new_boolean(json_object_array_length(json_get(d, lists[i][0])) > 0));
}

void communication_dress(struct ctx *c, struct json_object *d,
                         const struct communication_text *text)
{
    const char *id = json_text(d, "communicationId");
    dress_head(c, d);
    dress_tags(c, d);
    dress_contradiction(d);
    json_set(d, "groups", groups_of(c->arena, d));
    json_set(d, "dataRows", data_rows(text->data));
    set_any(d);
    bool letter = strncmp(json_text(d, "channel"), "LETTER", 6) == 0;
    json_set_bool(d, "hasHtml", text->html.p != NULL && !letter);
    json_set_bool(d, "isLetter", letter);
    json_set_text(d, "bodyHref", arena_printf(c->arena, "/messages/%s/body", id));
    if (text->raw_sha256 && !letter)
        json_set_text(d, "rawHref", arena_printf(c->arena, "/messages/%s/source", id));
}
