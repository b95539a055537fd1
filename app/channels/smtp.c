/* E-mail by SMTP (RFC 5321) with delivery status notifications (RFC 3461).

   A connection that breaks after the message's last byte leaves
   the outcome unknown; that answers ERR_RETRY, for a second copy has the same Message-ID and
   mailboxes show it once. */
#include "channels/email.h"

#include "base/json.h"
#include "channels/report.h"
#include "channels/smtp_wire.h"

#include <string.h>

static struct smtp_server server_of(const struct channel_account *account)
{
    struct json_object *settings = account->settings;
    const char *security = json_text(settings, "security");
    struct smtp_server out = { .host = json_text(settings, "host"),
                               .security = security ? security : "starttls",
                               .port = json_object_get_int(json_get(settings, "port")),
                               .ca_file = json_text(settings, "caFile"),
                               .user = json_text(account->secrets, "username"),
                               .password = json_text(account->secrets, "password") };
    if (!out.port)
        out.port = strcmp(out.security, "tls") == 0 ? 465 : 587;
    return out;
}

/* The enhanced status code (RFC 3463) after the reply's code, or NULL: "550 5.1.1 No such user". */
static const char *status_of(struct ctx *c, const char *reply)
{
    const char *from = reply[3] ? reply + 4 : "", *p = from;
    for (int part = 0; part < 3; part++) {
        size_t digits = strspn(p, "0123456789");
        if (digits < 1 || digits > 3 || (part < 2 && p[digits] != '.'))
            return NULL;
        p += digits + (part < 2 ? 1 : 0);
    }
    return arena_strndup(c->arena, from, (size_t)(p - from));
}

/* What a reply without a status code most likely means, by RFC 5321 §4.2.3. */
static const char *status_guess(int code)
{
    static const struct {
        int code;
        const char *status;
    } table[] = { { 421, "4.3.2" }, { 450, "4.2.0" }, { 451, "4.3.0" },
                  { 452, "4.3.1" }, { 550, "5.1.1" }, { 551, "5.1.6" },
                  { 552, "5.2.2" }, { 553, "5.1.3" }, { 554, "5.7.1" } };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        if (table[i].code == code)
            return table[i].status;
    return code >= 500 ? "5.0.0" : "4.0.0";
}

static struct json_object *raw_of(struct ctx *c, const struct smtp *s)
{
    struct json_object *raw = json_own(c->arena, json_object_new_object());
    json_set_text(raw, "reply", s->reply);
    json_set_bool(raw, "dsn", s->dsn);
    return raw;
}

/* What went over the line, told of also where the message was not taken. */
static struct json_object *dialogue_of(const struct smtp *s, const struct smtp_server *server,
                                       int64_t began_ms)
{
    const struct smtp_tls *tls = &s->record.tls;
    struct json_object *d = json_own(s->c->arena, json_object_new_object());
    json_set_text(d, "server", arena_printf(s->c->arena, "%s:%d", server->host, server->port));
    json_set_int(d, "durationMs", s->c->app->now_ms(s->c->app) - began_ms);
    json_set_text(d, "transcript", smtp_record_text(&s->record));
    if (s->line)
        json_set_bool(d, "encrypted", tls->version[0] != '\0');
    if (tls->version[0]) {
        json_set_text(d, "tls", tls->version);
        json_set_text(d, "cipher", tls->cipher);
        json_set_bool(d, "certificateChecked", tls->checked);
    }
    return d;
}

static enum err refused(struct smtp *s, bool recipient, struct send_result *result)
{
    struct ctx *c = s->c;
    *result = (struct send_result){ .provider = "smtp", .sentence = s->reply };
    if (!s->code)
        return ERR_RETRY;
    const char *status = status_of(c, s->reply);
    result->raw = raw_of(c, s);
    result->code = status ? arena_printf(c->arena, "%d %s", s->code, status)
                          : arena_printf(c->arena, "%d", s->code);
    status = status ? status : recipient || s->code < 500 ? status_guess(s->code) : "5.7.1";
    result->sentence = report_sentence(status);
    result->bad_address = recipient && s->code >= 500 && strncmp(status, "5.1.", 4) == 0;
    if (s->code == 530 || s->code == 535) {
        result->sentence = "The mail server asks for a login, or refused it.";
        return ERR_DENIED;
    }
    return s->code >= 500 ? ERR_INVALID : ERR_RETRY;
}

static enum err transfer(struct smtp *s, const struct email *e, struct str message,
                         struct send_result *result)
{
    const char *ret = "", *notify = "";
    if (s->dsn) {
        ret = arena_printf(s->c->arena, " RET=HDRS ENVID=%s", e->communication_id);
        notify = arena_printf(s->c->arena, " NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;%s",
                              smtp_xtext(s->c->arena, e->to_address));
    }
    const char *const lines[] = {
        arena_printf(s->c->arena, "MAIL FROM:<%s>%s", e->from_address, ret),
        arena_printf(s->c->arena, "RCPT TO:<%s>%s", e->to_address, notify),
        "DATA",
    };
    int taken = smtp_commands(s, lines, 3);
    if (taken < 3 || smtp_data(s, message) != 250)
        return refused(s, taken == 1, result);
    return OK;
}

static enum err smtp_send(struct ctx *c, const struct channel_account *account,
                          const struct email *e, struct send_result *result)
{
    struct email mail = email_from_account(account, e);
    struct smtp_server server = server_of(account);
    struct buf text = buf_in(c->arena);
    struct smtp *s = arena_new_of(c->arena, struct smtp);
    *result = (struct send_result){ .provider = "smtp" };
    if (!server.host) {
        result->sentence = "The account names no mail server.";
        return ERR_DENIED;
    }
    enum err r = mime_write(c, &mail, &text);
    if (r) {
        result->sentence = email_refusal(c, r);
        return r;
    }
    int64_t began_ms = c->app->now_ms(c->app);
    r = smtp_open(c, &server, s);
    if (r) {
        result->sentence = s->reply;
        result->dialogue = dialogue_of(s, &server, began_ms);
        return r;
    }
    r = transfer(s, &mail, buf_str(&text), result);
    if (r == OK)
        *result = (struct send_result){ .provider = "smtp",
                                        .provider_message_id = mail.message_id,
                                        .accepted_by =
                                            arena_printf(c->arena, "%s: %s", server.host, s->reply),
                                        .raw = raw_of(c, s) };
    if (r == OK)
        mime_note(c->arena, &text, result);
    result->dialogue = dialogue_of(s, &server, began_ms);
    smtp_close(s);
    return r;
}

const struct email_way email_smtp = { "smtp", smtp_send };
