/* POST /api/auth/token: the client credentials grant of RFC 6749 §4.4, as form or as JSON. */
#include "access/private.h"

#include "base/crypto.h"
#include "base/json.h"
#include "base/uuid.h"

struct credentials {
    const char *id, *secret;
};

/* Basic authentication (RFC 6749 §2.3.1): neither our ids nor our secrets need decoding. */
static void from_header(struct req *r, struct credentials *out)
{
    struct str bytes;
    const char *header = req_header(r, "authorization");
    if (!header || strncasecmp(header, "Basic ", 6) != 0 ||
        !base64_decode(r->ctx.arena, str_of(header + 6), &bytes) || strlen(bytes.p) != bytes.n)
        return;
    const char *colon = strchr(bytes.p, ':');
    if (colon) {
        out->id = arena_strndup(r->ctx.arena, bytes.p, (size_t)(colon - bytes.p));
        out->secret = colon + 1;
    }
}

static struct credentials given(struct req *r)
{
    const struct token_form *f = r->input;
    struct credentials g = { f->client_id ? f->client_id : f->form_client_id,
                             f->client_secret ? f->client_secret : f->form_secret };
    if (!g.id || !g.secret)
        from_header(r, &g);
    return g;
}

/* Both an error of RFC 6749 §5.2 and a problem document of RFC 9457. */
static enum err refuse(struct reply *p, int status, const char *code, const char *detail)
{
    struct json_object *o = json_own(p->req->ctx.arena, json_object_new_object());
    json_set_text(o, "type", "about:blank");
    json_set_text(o, "title", status == 401 ? "Unauthorized" : "Bad Request");
    json_set_int(o, "status", status);
    json_set_text(o, "detail", detail);
    json_set_text(o, "error", code);
    enum err e = reply_json(p, status, o);
    p->content_type = "application/problem+json";
    if (status == 401)
        reply_header(p, "WWW-Authenticate", "Basic realm=\"track\"");
    return e;
}

static enum err refuse_client(struct req *r, struct reply *p, const struct client *known)
{
    enum err e = OK;
    if (known->id) {
        e = scope_enter(&r->ctx, known->tenant_id);
        if (e == OK)
            e = audit_add(&r->ctx, "token.refused", "client", known->id, NULL, NULL);
    }
    return e ? e
             : refuse(p, 401, "invalid_client",
                      known->expired
                          ? "This client has expired. Have another one made: trackctl client add."
                          : "No client has this id and secret.");
}

static enum err grant(struct req *r, struct reply *p, const struct client *client)
{
    const char *text;
    struct token t = { client->tenant_id, client->id, client->version };
    enum err e = token_sign(&r->ctx, &t, &text);
    if (e)
        return e;
    struct json_object *o = json_own(r->ctx.arena, json_object_new_object());
    json_set_text(o, "access_token", text);
    json_set_text(o, "token_type", "Bearer");
    json_set_int(o, "expires_in", TOKEN_SECONDS);
    reply_header(p, "Cache-Control", "no-store");
    return reply_json(p, 200, o);
}

enum err token_do(struct req *r, struct reply *p)
{
    struct ctx *c = &r->ctx;
    struct throttle t;
    struct client client;
    const struct token_form *f = r->input;
    struct credentials g = given(r);
    if (f->grant_type && strcmp(f->grant_type, "client_credentials") != 0)
        return refuse(p, 400, "unsupported_grant_type", "Use grant_type=client_credentials.");
    if (!g.id || !g.secret)
        return refuse(p, 400, "invalid_request", "Send clientId and clientSecret.");
    const char *who = arena_printf(c->arena, "client:%s", uuid_valid(g.id) ? g.id : "?");
    enum err e = throttle_count(c, who, address_of(r), &t);
    if (e == OK || e == ERR_LIMITED) {
        enum err kept = scope_enter(c, NULL);
        e = kept ? kept : e;
    }
    if (e)
        return e;
    e = client_check(c, g.id, g.secret, &client);
    if (e == ERR_DENIED)
        return refuse_client(r, p, &client);
    if (e == OK)
        e = throttle_forgive(c, &t);
    return e ? e : grant(r, p, &client);
}
