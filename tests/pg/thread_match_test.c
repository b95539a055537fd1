/* Front's application webhooks: proof of the sender, the order that a conversation is about, and
   what a person decided before. */
#include "pg/asking.h"

#include "access/private.h"
#include "base/crypto.h"
#include "base/json.h"
#include "inbox/intake.h"
#include "ship/ship.h"
#include "ship/thread.h"
#include "ship/thread_hook.h"

#include <sys/wait.h>

#define SECRET "front-app-secret-0001"
#define BEFORE "front-app-secret-0000"

static struct ctx *web, *c;
static struct intake *intake;
static struct call agent, viewer, stranger;
static char account_id[40];
static int numbers;

/* ---- orders ---- */

struct order {
    char id[40], number[20], email[40], conversation[40];
};

/* A new order "A-1…" of a customer of its own, placed now; with the name of a conversation that is
   none's yet. */
static struct order order_new(const char *email)
{
    struct order o;
    char customer[40];
    int n = ++numbers;
    snprintf(o.number, sizeof(o.number), "A-%d", 10000 + n);
    snprintf(o.conversation, sizeof(o.conversation), "cnv_match%d", n);
    snprintf(o.email, sizeof(o.email), "%s", email ? email : "");
    if (!email)
        snprintf(o.email, sizeof(o.email), "Buyer%d@Example.com", n);
    keep(customer,
         pg_sql("insert into customers (tenant_id, name, email) values ('%s', 'Eva', '%s') "
                "returning id",
                pg_tenant(), o.email));
    keep(o.id,
         pg_sql("insert into orders (tenant_id, number, customer_id, recipient_name, country) "
                "values ('%s', '%s', '%s', 'Eva', 'CH') returning id",
                pg_tenant(), o.number, customer));
    return o;
}

static void set_order(const struct order *o, const char *what)
{
    (void)pg_sql("update orders set %s where id = '%s' returning id", what, o->id);
}

/* "auto_matched cnv_1" */
static const char *thread_of(const struct order *o)
{
    return arena_strdup(
        c->arena, pg_sql("select concat_ws(' ', thread_status, front_conversation_id) from orders "
                         "where id = '%s'",
                         o->id));
}

static const char *matched(const char *conversation)
{
    return arena_printf(c->arena, "auto_matched %s", conversation);
}

static long long linked_events(const struct order *o)
{
    return pg_int("select count(*) from domain_events where name = 'ThreadLinked' and entity_id = "
                  "'%s'",
                  o->id);
}

static long long audited(const struct order *o, const char *action)
{
    return pg_int(
        "select count(*) from audit_history where action = '%s' and entity_type = 'order' "
        "and entity_id = '%s'",
        action, o->id);
}

static long long suggested(const struct order *o)
{
    return pg_int("select count(*) from thread_suggestions where order_id = '%s' and not dismissed",
                  o->id);
}

/* ---- what Front says ---- */

static const char *event(const char *id, const char *conversation, const char *subject,
                         const char *text, const char *email)
{
    return arena_printf(
        c->arena,
        "{\"type\":\"inbound_received\",\"authorization\":{\"id\":\"cmp_1\"},\"payload\":{\"id\":"
        "\"%s\",\"type\":\"inbound\",\"conversation\":{\"id\":\"%s\",\"type\":\"conversation\","
        "\"subject\":\"%s\",\"recipient\":{\"handle\":\"%s\",\"role\":\"from\"}},\"target\":{\"_"
        "meta"
        "\":{\"type\":\"message\"},\"data\":{\"is_inbound\":true,\"text\":\"%s\"}}}}",
        id, conversation, subject, email, text);
}

static enum err process_as(struct ctx *by, const char *body)
{
    struct job j = { .ctx = *by, .attempt = 1, .max_attempts = 12 };
    const struct hook_account account = { .id = account_id, .tenant_id = pg_tenant() };
    return thread_hooks[0].process(&j, "018f0000-0000-7000-8000-000000000001", str_of(body),
                                   &account);
}

static enum err say(const char *conversation, const char *subject, const char *text,
                    const char *email)
{
    return process_as(c, event("evt_1", conversation, subject, text, email));
}

/* ---- the proof of the sender ---- */

static const char *sign(const char *secret, const char *timestamp, const char *body)
{
    unsigned char mac[SHA256_SIZE];
    const char *text = arena_printf(c->arena, "%s:%s", timestamp, body);
    hmac_sha256(secret, strlen(secret), text, strlen(text), mac);
    return base64(c->arena, mac, sizeof(mac));
}

static const struct delivery *deliver(const char *method, const char *const *headers,
                                      const char *body)
{
    struct delivery *d = arena_new_of(web->arena, struct delivery);
    d->request = (struct hook_request){ .app = web->app,
                                        .arena = web->arena,
                                        .path = FRONT_HOOK_PATH,
                                        .query_string = "",
                                        .method = method,
                                        .body = str_of(body),
                                        .headers = headers,
                                        .now_ms = web->app->now_ms(web->app) };
    intake_take(intake, web->arena, &d, 1);
    return d;
}

/* Signed with the secret, so many seconds ago. */
static const struct delivery *post(const char *secret, long seconds, const char *challenge,
                                   const char *body)
{
    const char *at =
        arena_printf(c->arena, "%lld", (long long)web->app->now_ms(web->app) - seconds * 1000);
    const char *const headers[] = { "x-front-request-timestamp",
                                    at,
                                    "x-front-signature",
                                    sign(secret, at, body),
                                    challenge ? "x-front-challenge" : NULL,
                                    challenge,
                                    NULL };
    const char **kept = arena_zalloc(web->arena, 7, sizeof(*kept));
    memcpy(kept, headers, sizeof(headers));
    return deliver("POST", kept, body);
}

static long long kept(void)
{
    return pg_int("select count(*) from inbox where provider = 'front'");
}

static void only_what_front_signed_lately(void **state)
{
    (void)state;
    static const char *const none[] = { NULL };
    const char *body = event("evt_proof", "cnv_proof", "Hello", "Hello", "x@example.com");
    unsigned char mac[SHA1_SIZE];
    hmac_sha1(c->arena, STR(SECRET), str_of(body), mac);
    const char *rule[] = { "x-front-signature", base64(c->arena, mac, sizeof(mac)), NULL };
    assert_int_equal(post("wrong", 0, NULL, body)->answer.status, 401);
    assert_int_equal(post(SECRET, 302, NULL, body)->answer.status, 401);
    assert_int_equal(post(SECRET, -302, NULL, body)->answer.status, 401);
    assert_int_equal(deliver("POST", rule, body)->answer.status, 401);
    assert_int_equal(deliver("POST", none, body)->answer.status, 401);
    assert_int_equal(deliver("HEAD", none, "")->answer.status, 200);
    assert_int_equal(deliver("GET", none, "")->answer.status, 405);
    assert_int_equal(kept(), 0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(post(i == 1 ? BEFORE : SECRET, 100 * i, NULL, body)->answer.status, 200);
    assert_int_equal(kept(), 1);
    assert_int_equal(post(SECRET, 298, NULL, "not json")->answer.status, 200);
    assert_int_equal(kept(), 2);
    (void)pg_sql("delete from jobs where kind = 'inbox.process' returning id");
}

static void the_check_is_answered(void **state)
{
    (void)state;
    static const char sync[] = "{\"type\":\"sync\",\"authorization\":{\"id\":\"cmp_1\"}}";
    long long before = kept();
    const struct delivery *d = post(SECRET, 0, "abc\"<1>", sync);
    assert_int_equal(d->answer.status, 200);
    assert_string_equal(d->answer.content_type, "application/json");
    assert_string_equal(d->answer.body.p, "{\"challenge\":\"abc\\\"<1>\"}");
    assert_int_equal(post("wrong", 0, "abc", sync)->answer.status, 401);
    assert_int_equal(post(SECRET, 400, "abc", sync)->answer.status, 401);
    assert_int_equal(post(SECRET, 0, NULL, sync)->answer.status, 200);
    assert_int_equal(kept(), before);
    d = post(SECRET, 0, "abc", event("evt_c", "cnv_proof", "", "", "x@example.com"));
    assert_int_equal(d->answer.status, 200);
    assert_int_equal(d->answer.body.n, 0);
    assert_int_equal(kept(), before + 1);
    (void)pg_sql("delete from jobs where kind = 'inbox.process' returning id");
}

/* ---- which order ---- */

static void by_its_number(void **state)
{
    (void)state;
    struct order o = order_new(NULL), other = order_new(NULL);
    assert_int_equal(say(o.conversation, "Where is it?",
                         arena_printf(c->arena, "It is (%s)\\n8001 Zürich", o.number),
                         "somebody@example.com"),
                     OK);
    assert_string_equal(thread_of(&o), matched(o.conversation));
    assert_string_equal(thread_of(&other), "unmatched");
    assert_int_equal(linked_events(&o), 1);
    assert_string_equal(
        pg_sql("select concat_ws(' ', after ->> 'threadStatus', after ->> 'foundBy', "
               "before ->> 'threadStatus') from audit_history where action = "
               "'thread.linked' and entity_id = '%s'",
               o.id),
        "auto_matched number unmatched");
    /* Said again, nothing is done again. */
    assert_int_equal(say(o.conversation, o.number, "", "somebody@example.com"), OK);
    assert_int_equal(linked_events(&o), 1);
    assert_int_equal(audited(&o, "thread.linked"), 1);
    assert_int_equal(suggested(&o), 0);
    /* In small letters, in a subject. */
    assert_int_equal(say(other.conversation,
                         arena_printf(c->arena, "re: order a-%s", other.number + 2), "",
                         "somebody@example.com"),
                     OK);
    assert_string_equal(thread_of(&other), matched(other.conversation));
}

/* A slip of the pen tells nobody where another one's parcel is. */
static void the_number_of_another_customers(void **state)
{
    (void)state;
    struct order o = order_new(NULL), other = order_new(NULL);
    assert_int_equal(say("cnv_slip", o.number, "", other.email), OK);
    assert_string_equal(thread_of(&o), "unmatched");
    assert_int_equal(suggested(&o), 1);
    assert_int_equal(linked_events(&o), 0);
    assert_int_equal(say(o.conversation, o.number, "", o.email), OK);
    assert_string_equal(thread_of(&o), matched(o.conversation));
}

static void only_as_a_whole_word(void **state)
{
    (void)state;
    struct order o = order_new(NULL);
    static const char *const around[][2] = {
        { "", "-2" }, { "X", "" }, { "", "0" }, { "B-", "" }, { "1", "" }
    };
    for (size_t i = 0; i < sizeof(around) / sizeof(around[0]); i++) {
        const char *text = arena_printf(c->arena, "%s%s%s", around[i][0], o.number, around[i][1]);
        assert_int_equal(say(o.conversation, text, text, "somebody@example.com"), ERR_NOT_FOUND);
    }
    assert_string_equal(thread_of(&o), "unmatched");
}

/* A short number is one where the customer writes it, or it is said to be one. */
static void a_short_number(void **state)
{
    (void)state;
    struct order o = order_new(NULL), p = order_new(NULL), q = order_new(NULL);
    set_order(&o, "number = '8001', placed_at = now() - interval '90 days'");
    set_order(&p, "number = '8002'");
    set_order(&q, "number = '#8003'");
    assert_int_equal(say(o.conversation, "", "8001 Zürich", "somebody@example.com"), ERR_NOT_FOUND);
    assert_int_equal(say(o.conversation, "", "8001, please", o.email), OK);
    assert_string_equal(thread_of(&o), matched(o.conversation));
    assert_int_equal(say(p.conversation, "", "my order 8002 is late", "somebody@example.com"), OK);
    assert_string_equal(thread_of(&p), matched(p.conversation));
    assert_int_equal(say(q.conversation, "#8003", "", "somebody@example.com"), OK);
    assert_string_equal(thread_of(&q), matched(q.conversation));
}

static void by_the_address_of_one_open_order(void **state)
{
    (void)state;
    static const struct {
        const char *set;
        bool open;
    } cases[] = { { "placed_at = now() - interval '59 days'", true },
                  { "placed_at = now() - interval '61 days'", false },
                  { "status = 'delivered'", false },
                  { "status = 'cancelled'", false },
                  { "status = 'returned'", false },
                  { "status = 'exception'", true },
                  { "status = 'shipped'", true } };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct order o = order_new(NULL);
        set_order(&o, cases[i].set);
        print_message("%s\n", cases[i].set);
        assert_int_equal(say(o.conversation, "Hello", "Where is it?", o.email),
                         cases[i].open ? OK : ERR_NOT_FOUND);
        assert_string_equal(thread_of(&o), cases[i].open ? matched(o.conversation) : "unmatched");
        assert_int_equal(linked_events(&o), cases[i].open);
    }
}

static void of_several_each_is_a_suggestion(void **state)
{
    (void)state;
    struct order o = order_new("twice@example.com"), p = order_new("twice@example.com");
    for (int i = 0; i < 2; i++)
        assert_int_equal(say("cnv_twice", "Hello", "Where is it?", "Twice@example.com"), OK);
    assert_string_equal(thread_of(&o), "unmatched");
    assert_string_equal(thread_of(&p), "unmatched");
    assert_int_equal(suggested(&o) + suggested(&p), 2);
    assert_int_equal(linked_events(&o) + linked_events(&p), 0);
    assert_int_equal(audited(&o, "thread.suggested"), 1);
    /* A number tells which. */
    assert_int_equal(say("cnv_twice", "Hello", p.number, "twice@example.com"), OK);
    assert_string_equal(thread_of(&p), matched("cnv_twice"));
    assert_string_equal(thread_of(&o), "unmatched");
    /* And then the conversation is that one's, whatever else the customer has bought. */
    assert_int_equal(say("cnv_twice", "Hello", "and?", "twice@example.com"), ERR_NOT_FOUND);
    set_order(&p, "status = 'delivered'");
    assert_int_equal(say("cnv_twice", "Hello", "and?", "twice@example.com"), ERR_NOT_FOUND);
    assert_string_equal(thread_of(&o), "unmatched");
    /* Both numbers in one message. */
    struct order q = order_new(NULL), r = order_new(NULL);
    assert_int_equal(say("cnv_both", q.number, r.number, "somebody@example.com"), OK);
    assert_int_equal(suggested(&q) + suggested(&r), 2);
}

static void of_two_shops_that_of_who_writes(void **state)
{
    (void)state;
    struct order o = order_new(NULL), p = order_new(NULL);
    set_order(&o, "shop = 'bern'");
    (void)pg_sql("update orders set number = '%s', shop = 'zug' where id = '%s' returning id",
                 o.number, p.id);
    assert_int_equal(say("cnv_shops", o.number, "", "somebody@example.com"), OK);
    assert_int_equal(suggested(&o) + suggested(&p), 2);
    assert_int_equal(say("cnv_shops", o.number, "", p.email), OK);
    assert_string_equal(thread_of(&p), matched("cnv_shops"));
    assert_string_equal(thread_of(&o), "unmatched");
}

static void what_is_no_customers_conversation(void **state)
{
    (void)state;
    struct order o = order_new(NULL);
    const char *body = event("evt_d", o.conversation, o.number, "", o.email);
    static const char word[] = "\"conversation\",";
    const char *type = strstr(body, word);
    const char *talk = arena_printf(c->arena, "%.*s\"discussion\",%s", (int)(type - body), body,
                                    type + strlen(word));
    assert_int_equal(process_as(c, talk), ERR_NOT_FOUND);
    assert_string_equal(thread_of(&o), "unmatched");
    assert_int_equal(process_as(c, "{\"type\":\"x\"}"), ERR_NOT_FOUND);
    assert_int_equal(process_as(c, "no json"), ERR_INVALID);
}

/* ---- what was decided before ---- */

static void link_by_hand(const struct order *o, const char *conversation)
{
    const struct answer *a =
        ask(&agent, "PUT", arena_printf(c->arena, "/api/orders/%s/thread", o->id),
            arena_printf(c->arena, "{\"frontConversationId\":\"%s\"}", conversation));
    assert_int_equal(a->status, 200);
}

static void unlink_by_hand(const struct order *o)
{
    assert_int_equal(
        ask(&agent, "DELETE", arena_printf(c->arena, "/api/orders/%s/thread", o->id), NULL)->status,
        200);
}

static void never_over_what_a_person_linked(void **state)
{
    (void)state;
    struct order o = order_new(NULL);
    link_by_hand(&o, "cnv_byhand");
    assert_int_equal(say(o.conversation, o.number, o.number, o.email), OK);
    assert_string_equal(thread_of(&o), "manually_linked cnv_byhand");
    assert_int_equal(suggested(&o), 0);
    assert_int_equal(linked_events(&o), 1);
}

static void what_a_person_unlinked_is_not_matched_again(void **state)
{
    (void)state;
    struct order o = order_new(NULL);
    assert_int_equal(say(o.conversation, o.number, "", o.email), OK);
    unlink_by_hand(&o);
    for (int i = 0; i < 2; i++)
        assert_int_equal(say(o.conversation, i ? "" : o.number, "", o.email), OK);
    assert_string_equal(thread_of(&o), "unmatched");
    assert_int_equal(suggested(&o), 0);
    /* Another one is, and a person may say otherwise. */
    assert_int_equal(say("cnv_another", o.number, "", o.email), OK);
    assert_string_equal(thread_of(&o), matched("cnv_another"));
    link_by_hand(&o, o.conversation);
    link_by_hand(&o, "cnv_third");
    unlink_by_hand(&o);
    assert_int_equal(say(o.conversation, o.number, "", o.email), OK);
    assert_string_equal(thread_of(&o), matched(o.conversation));
}

static void the_first_stays_before_a_later_one(void **state)
{
    (void)state;
    struct order o = order_new(NULL);
    assert_int_equal(say(o.conversation, o.number, "", o.email), OK);
    assert_int_equal(say("cnv_later1", "Hello", "", o.email), OK);
    assert_int_equal(suggested(&o), 0);
    assert_int_equal(say("cnv_later2", o.number, "", o.email), OK);
    assert_string_equal(thread_of(&o), matched(o.conversation));
    assert_int_equal(suggested(&o), 1);
}

/* ---- at the same time ---- */

static void two_conversations_at_once(void **state)
{
    (void)state;
    struct order o = order_new(NULL);
    pid_t children[4];
    for (int i = 0; i < 4; i++) {
        struct ctx *w = pg_ctx("track_worker");
        w->tenant_id = pg_tenant();
        const char *body = event("evt_r", arena_printf(c->arena, "cnv_race%d", i % 2), o.number, "",
                                 "somebody@example.com");
        if ((children[i] = fork()) == 0)
            _exit(process_as(w, body) == OK ? 0 : 1);
    }
    for (int i = 0; i < 4; i++) {
        int status = 0;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    assert_int_equal(strncmp(thread_of(&o), "auto_matched cnv_race", 21), 0);
    assert_int_equal(linked_events(&o), 1);
    assert_int_equal(audited(&o, "thread.linked"), 1);
    assert_int_equal(suggested(&o), 1);
}

/* ---- merged ---- */

static void what_was_merged_is_followed(void **state)
{
    (void)state;
    struct order o = order_new(NULL), p = order_new(NULL), q = order_new(NULL);
    link_by_hand(&o, "cnv_m1");
    assert_int_equal(say("cnv_m2", p.number, "", p.email), OK);
    assert_int_equal(say("cnv_m2", q.number, p.number, p.email), OK);
    link_by_hand(&q, "cnv_m9");
    static const char body[] =
        "{\"type\":\"conversations_merged\",\"payload\":{\"id\":\"evt_m\",\"type\":"
        "\"conversations_merged\",\"conversation\":{\"id\":\"cnv_m3\"},\"target\":{\"_meta\":{"
        "\"type\":\"deleted_conversation_ids\"},\"data\":[\"cnv_m1\",\"cnv_m2\"]}}}";
    for (int i = 0; i < 2; i++)
        assert_int_equal(process_as(c, body), i ? ERR_NOT_FOUND : OK);
    assert_string_equal(thread_of(&o), "manually_linked cnv_m3");
    assert_string_equal(thread_of(&p), matched("cnv_m3"));
    assert_string_equal(thread_of(&q), "manually_linked cnv_m9");
    assert_int_equal(audited(&o, "thread.merged"), 1);
    assert_int_equal(audited(&p, "thread.merged"), 1);
    assert_int_equal(linked_events(&o), 1);
}

/* ---- by the API ---- */

static void suggestions_are_linked_or_put_aside(void **state)
{
    (void)state;
    struct order o = order_new("api@example.com"), p = order_new("api@example.com");
    assert_int_equal(say("cnv_api1", "Hello <b>", "", "api@example.com"), OK);
    assert_int_equal(say("cnv_api2", "Again", "", "api@example.com"), OK);
    const char *path = arena_printf(c->arena, "/api/orders/%s/thread/suggestions", o.id);
    const char *dismiss = arena_printf(c->arena, "/api/orders/%s/thread/dismiss", o.id);
    const struct answer *a = ask(&viewer, "GET", path, NULL);
    assert_int_equal(a->status, 200);
    struct json_object *list = json_get(a->json, "suggestions");
    assert_int_equal(json_object_array_length(list), 2);
    struct json_object *first = json_object_array_get_idx(list, 0);
    assert_string_equal(json_text(first, "conversationId"), "cnv_api2");
    assert_string_equal(json_text(first, "foundBy"), "email");
    assert_string_equal(json_text(first, "email"), "a…@example.com");
    assert_int_equal(
        ask(&viewer, "POST", dismiss, "{\"frontConversationId\":\"cnv_api1\"}")->status, 403);
    assert_int_equal(ask(&stranger, "GET", path, NULL)->status, 403);
    assert_int_equal(ask(&agent, "POST", dismiss, "{\"frontConversationId\":\"?\"}")->status, 422);
    assert_int_equal(ask(&agent, "POST", dismiss, "{\"frontConversationId\":\"cnv_no\"}")->status,
                     404);
    a = ask(&agent, "POST", dismiss, "{\"frontConversationId\":\"cnv_api1\"}");
    assert_int_equal(a->status, 200);
    assert_int_equal(json_object_array_length(json_get(a->json, "suggestions")), 1);
    assert_int_equal(audited(&o, "thread.dismissed"), 1);
    assert_int_equal(ask(&agent, "POST", dismiss, "{\"frontConversationId\":\"cnv_api1\"}")->status,
                     404);
    link_by_hand(&o, "cnv_api2");
    a = ask(&agent, "GET", path, NULL);
    assert_int_equal(json_object_array_length(json_get(a->json, "suggestions")), 0);
    assert_int_equal(ask(&agent, "GET",
                         "/api/orders/018f0000-0000-7000-8000-000000000009/thread/suggestions",
                         NULL)
                         ->status,
                     404);
    assert_int_equal(ask(&agent, "GET", "/api/orders/x/thread/suggestions", NULL)->status, 404);
    assert_int_equal(suggested(&p), 2);
}

static void set_up(void)
{
    struct ctx *owner = pg_ctx("track_owner");
    struct json_object *settings = json_own(c->arena, json_object_new_object());
    struct json_object *secrets = json_own(c->arena, json_object_new_object());
    const char *id;
    json_set_text(secrets, "apiToken", "token");
    json_set_text(secrets, "appSecret", SECRET);
    json_set_text(secrets, "appSecretBefore", BEFORE);
    db_begin(owner->db, pg_tenant());
    assert_int_equal(provider_add(owner, "front", "Front", settings, secrets, &id), OK);
    assert_int_equal(db_commit(owner->db), OK);
    keep(account_id, id);
    intake = intake_new(web->app, web->arena, web->db, domains);
    call_start(domains);
    (void)call_session(&agent, "agent");
    (void)call_session(&viewer, "viewer");
    (void)pg_sql("update users set all_buildings = false where id = '%s' returning id",
                 call_session(&stranger, "agent"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_front_signed_lately),
        cmocka_unit_test(the_check_is_answered),
        cmocka_unit_test(by_its_number),
        cmocka_unit_test(the_number_of_another_customers),
        cmocka_unit_test(only_as_a_whole_word),
        cmocka_unit_test(a_short_number),
        cmocka_unit_test(by_the_address_of_one_open_order),
        cmocka_unit_test(of_several_each_is_a_suggestion),
        cmocka_unit_test(of_two_shops_that_of_who_writes),
        cmocka_unit_test(what_is_no_customers_conversation),
        cmocka_unit_test(never_over_what_a_person_linked),
        cmocka_unit_test(what_a_person_unlinked_is_not_matched_again),
        cmocka_unit_test(the_first_stays_before_a_later_one),
        cmocka_unit_test(two_conversations_at_once),
        cmocka_unit_test(what_was_merged_is_followed),
        cmocka_unit_test(suggestions_are_linked_or_put_aside),
    };
    pg_start("thread_match_test");
    web = pg_ctx("track_web");
    c = pg_ctx("track_worker");
    c->tenant_id = pg_tenant();
    set_up();
    return pg_end(cmocka_run_group_tests(tests, NULL, NULL));
}
