/* Importing through the pages and the API: upload, preview, columns, commit, and who may. */
#include "pg/access_web.h"

#include "access/private.h"
#include "base/json.h"
#include "import/import.h"
#include "jobs/jobs.h"

static const struct domain *const both[] = { &access_domain, &import_domain, NULL };

#define PASSWORD "correct horse battery staple"
#define BOUNDARY "multipart/form-data; boundary=b0und"

static struct browser admin(void)
{
    struct browser b = browser_new("192.0.2.9");
    const char *hash;
    assert_int_equal(password_hash(b.ctx, PASSWORD, &hash), OK);
    pg_sql("update users set password_hash = '%s', must_change_password = false "
           "where email = 'owner@example.com'; select ''",
           hash);
    b.web = web_new(b.ctx->app, b.ctx->arena, b.ctx->db, both);
    struct answer a = sign_in(&b, "owner@example.com", PASSWORD, "/import");
    if (a.status != 303)
        fail_msg("%s", a.text);
    return b;
}

static void work(void)
{
    static const int never;
    struct ctx *c = pg_ctx("track_worker");
    jobs_work(pg_app(), c->db, &never, true);
}

static struct answer upload(struct browser *b, const char *uri, const char *csv)
{
    const char *body = arena_printf(b->ctx->arena,
                                    "--b0und\r\nContent-Disposition: form-data; "
                                    "name=\"csrfToken\"\r\n\r\n%s\r\n"
                                    "--b0und\r\nContent-Disposition: form-data; name=\"file\"; "
                                    "filename=\"bills.csv\"\r\n\r\n%s\r\n--b0und--\r\n",
                                    csrf(b), csv);
    return ask(b, "POST", uri, BOUNDARY, body, NULL);
}

static const char *location(struct browser *b, struct answer a)
{
    const char *p = strstr(a.text, "Location: ");
    if (!p)
        fail_msg("%s", a.text);
    p += strlen("Location: ");
    return arena_strndup(b->ctx->arena, p, strcspn(p, "\r\n"));
}

static void assert_shows(struct answer a, const char *text)
{
    if (!strstr(a.text, text))
        fail_msg("“%s” is not in %s", text, a.text);
}

static void an_admin_imports_through_the_pages(void **state)
{
    (void)state;
    struct browser b = admin();
    assert_shows(get(&b, "/import"), "Billing file");
    struct answer a = upload(&b, "/import",
                             "building_code,unit_number,recipient_name,email,delivery_preference,"
                             "subject\nW1,1,<b>Anna</b>,a@example.ch,email,Bill 2024\n"
                             "W1,2,Ben,<i>,email,Bill 2024\n");
    assert_int_equal(a.status, 303);
    const char *page = location(&b, a);
    a = get(&b, page);
    assert_int_equal(a.status, 200);
    assert_shows(a, "</span>3</th><td>unit 2, Ben</td><td><span class=\"mono\">&lt;i&gt;</span>");
    assert_shows(a, "Import good rows only (1 of 2)");
    assert_null(strstr(a.text, "Import all"));
    assert_int_equal(pg_int("select count(*) from communications"), 0);
    const char *to = arena_printf(b.ctx->arena, "%s/commit", page);
    assert_int_equal(post(&b, to, "mode=all").status, 422);
    assert_int_equal(pg_int("select count(*) from communications"), 0);
    assert_int_equal(post(&b, to, "mode=good-rows").status, 303);
    assert_shows(get(&b, page), "Waiting to be imported");
    assert_shows(get(&b, page), "http-equiv=\"refresh\"");
    assert_shows(get(&b, "/import"), "Waiting");
    const char *progress = arena_printf(b.ctx->arena, "%s/progress", page);
    a = get(&b, progress);
    assert_shows(a, "hx-get=");
    assert_null(strstr(a.text, "HX-Refresh"));
    assert_int_equal(post(&b, to, "mode=good-rows").status, 409);
    work();
    assert_shows(get(&b, progress), "HX-Refresh: true");
    assert_int_equal(pg_int("select count(*) from communications where created_at is not null"), 1);
    a = get(&b, page);
    assert_null(strstr(a.text, "http-equiv=\"refresh\""));
    assert_shows(a, "<strong>1</strong> message made");
    assert_shows(a, arena_printf(b.ctx->arena, "/track?building=%s&amp;year=2024",
                                 pg_sql("select id from buildings where code = 'W1'")));
    assert_int_equal(post(&b, to, "mode=good-rows").status, 409);
    assert_shows(get(&b, "/import"), "bills.csv");
}

static void unknown_columns_are_asked_for(void **state)
{
    (void)state;
    struct browser b = admin();
    const char *page =
        location(&b, upload(&b, "/import",
                            "Haus;Tor;Wer;Adresse;Wie;Was\nW2;1;Anna;a@example.ch;email;Bill\n"));
    assert_shows(get(&b, page), "<details class=\"card\" open>");
    struct answer a = post(&b, arena_printf(b.ctx->arena, "%s/preview", page),
                           "buildingCode=Haus&unitNumber=Tor&recipientName=Wer&email=Adresse&"
                           "deliveryPreference=Wie&subject=Was&phone=-&year=2023");
    assert_int_equal(a.status, 303);
    a = get(&b, page);
    assert_shows(a, "Import the row");
    assert_shows(a, "<option selected>Haus</option>");
    assert_shows(a, "value=\"2023\"");
}

/* The names of all fields that the form for columns has. */
static void every_field_of_the_form_is_taken(void **state)
{
    (void)state;
    struct browser b = admin();
    const char *page = location(&b, upload(&b, "/import",
                                           "building;unit;name;email;versand;betreff\n"
                                           "W4;1;Anna;a@example.ch;email;Bill 2024\n"));
    struct answer a = get(&b, page);
    struct buf form = buf_in(b.ctx->arena);
    for (int f = 0; f < IMPORT_FIELDS; f++) {
        const char *key = import_field_kinds[f].key;
        assert_shows(a, arena_printf(b.ctx->arena, "<select name=\"%s\">", key));
        if (!import_field_kinds[f].required && f != COLUMN_EMAIL)
            buf_printf(&form, "%s%s=-", form.n ? "&" : "", key);
    }
    assert_int_equal(post(&b, arena_printf(b.ctx->arena, "%s/preview", page), form.p).status, 303);
    assert_shows(get(&b, page), "Import the row");
}

/* Corrected on the page, row by row and many at once, taken back, and imported. */
static void errors_are_corrected_on_the_page(void **state)
{
    (void)state;
    struct browser b = admin();
    const char *page = location(
        &b, upload(&b, "/import",
                   "building;unit;name;email;versand;betreff;Nr. & Co\n"
                   "W5;1;Anna;a@;email;Bill 2024;\nW5;2;Ben;b@example.ch;pigeon;Bill 2024;\n"
                   "W5;3;Cleo;c@example.ch;pigeon;Bill 2024;\n"));
    const char *to = arena_printf(b.ctx->arena, "%s/corrections", page);
    assert_shows(get(&b, page), "Correct all 2");
    assert_int_equal(post(&b, to, "line=2&column=email&value=%20anna@example.ch").status, 303);
    assert_int_equal(post(&b, to, "line=4&column=versand&value=email&alike=true").status, 303);
    struct answer a = get(&b, page);
    assert_shows(a, "Import all 3 rows");
    assert_shows(a, "</span>3, 4</th><td>versand</td>");
    assert_null(strstr(a.text, "To be corrected"));
    const char *undo = arena_printf(b.ctx->arena, "%s/take-back", to);
    const char *one = pg_sql("select id from import_corrections where line = 4");
    assert_int_equal(
        post(&b, undo, arena_printf(b.ctx->arena, "correctionId=%s&alike=true", one)).status, 303);
    assert_int_equal(pg_int("select count(*) from import_corrections"), 1);
    assert_shows(get(&b, page), "Correct all 2");
    assert_int_equal(post(&b, to, "line=3&column=versand&value=sms&alike=true").status, 303);
    assert_shows(get(&b, page), "Delivery by SMS needs a phone number.");
    assert_int_equal(post(&b, to, "line=3&column=versand&value=email").status, 303);
    assert_int_equal(post(&b, to, "line=4&column=versand&value=email").status, 303);
    const char *commit = arena_printf(b.ctx->arena, "%s/commit", page);
    assert_int_equal(post(&b, commit, "mode=all").status, 303);
    assert_int_equal(post(&b, to, "line=2&column=email&value=x").status, 409);
    work();
    assert_string_equal(pg_sql("select string_agg(email || ' ' || channel, ', ' order by email) "
                               "from communications c join buildings b on b.id = c.building_id "
                               "where b.code = 'W5'"),
                        "anna@example.ch EMAIL, b@example.ch EMAIL, c@example.ch EMAIL");
    a = get(&b, page);
    assert_shows(a, "Corrected cells");
    assert_null(strstr(a.text, "/take-back"));
    assert_int_equal(post(&b, to, "line=2&column=email&value=x").status, 409);
}

static void the_api_does_the_same(void **state)
{
    (void)state;
    struct browser b = admin();
    struct answer a = upload(&b, "/api/track/imports",
                             "building_code,unit_number,recipient_name,email,delivery_preference,"
                             "subject\nW3,1,Anna,a@example.ch,email,Bill 2024\n");
    assert_int_equal(a.status, 201);
    assert_shows(a, "\"state\":\"PREVIEWED\"");
    const char *id = arena_strndup(b.ctx->arena, strstr(a.text, "{\"id\":\"") + 7, 36);
    const char *token = arena_printf(b.ctx->arena, "HTTP_X_CSRF_TOKEN=%s", csrf(&b));
    const char *uri = arena_printf(b.ctx->arena, "/api/track/imports/%s/commit", id);
    a = ask(&b, "POST", uri, "application/json", "{\"mode\":\"all\"}",
            (const char *const[]){ token, NULL });
    assert_int_equal(a.status, 202);
    assert_shows(a, "\"state\":\"QUEUED\"");
    assert_shows(a, arena_printf(b.ctx->arena, "Location: /api/track/imports/%s\r\n", id));
    work();
    a = get(&b, arena_printf(b.ctx->arena, "/api/track/imports/%s", id));
    assert_shows(a, "\"state\":\"COMMITTED\"");
    assert_shows(a, "\"communications\":1");
    a = ask(&b, "POST", uri, "application/json", "{\"mode\":\"some\"}",
            (const char *const[]){ token, NULL });
    assert_int_equal(a.status, 422);
    assert_int_equal(get(&b, "/api/track/imports/00000000-0000-7000-8000-000000000000").status,
                     404);
    assert_int_equal(get(&b, "/api/track/imports/nonsense").status, 404);
}

static void who_is_no_admin_gets_nowhere(void **state)
{
    (void)state;
    struct browser b = admin();
    pg_sql("update users set role = 'agent' where email = 'owner@example.com'; select ''");
    assert_int_equal(get(&b, "/import").status, 403);
    assert_int_equal(upload(&b, "/import", "a,b\n").status, 403);
    pg_sql("update users set role = 'owner' where email = 'owner@example.com'; select ''");
    struct browser nobody = browser_new("192.0.2.10");
    nobody.web = b.web;
    assert_int_equal(get(&nobody, "/import").status, 303);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_admin_imports_through_the_pages),
        cmocka_unit_test(unknown_columns_are_asked_for),
        cmocka_unit_test(every_field_of_the_form_is_taken),
        cmocka_unit_test(errors_are_corrected_on_the_page),
        cmocka_unit_test(the_api_does_the_same),
        cmocka_unit_test(who_is_no_admin_gets_nowhere),
    };
    pg_start("import_web");
    return pg_end(cmocka_run_group_tests(tests, NULL, NULL));
}
