/* Addresses as viewers see them: found in texts by their form, in documents by their key. */
#include "web/mask.h"

#include "base/buf.h"
#include "base/json.h"
#include "web/checks.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HIDDEN "…"
#define HIDDEN_LINK "%E2%80%A6"
#define HIDDEN_SIZE (sizeof(HIDDEN) - 1)
#define PHONE_LEAST 8 /* digits of a number that stands in a text */
#define PHONE_MOST 15 /* E.164 */
#define PHONE_SHOWN 4
#define COUNTRY_LENGTH 2 /* ISO 3166 */
#define ID_LEAST 32      /* characters of an id before an @ */

/* ---- in a text ---- */

static bool of_local(char c)
{
    return isalnum((unsigned char)c) || (unsigned char)c >= 0x80 ||
           (c && strchr("._+-'!#$*^{}~", c));
}

/* What a local part may have, too, and separates where it stands in links and lists. */
static bool of_rare_local(char c)
{
    return c && strchr("&/=?|%`", c);
}

static bool of_domain(char c)
{
    return isalnum((unsigned char)c) || (unsigned char)c >= 0x80 || c == '-' || c == '.';
}

/* Length of a sign, plain or as in an address of the web; 0: it is not there. */
static size_t sign(const char *p, char plain, const char *coded)
{
    return *p == plain ? 1 : strncasecmp(p, coded, 3) == 0 ? 3 : 0;
}

/* "0197…@example.com" is an id that we or a provider made. */
static bool is_id(const char *p, size_t n)
{
    return n >= ID_LEAST && strspn(p, "0123456789abcdefABCDEF-") >= n;
}

static size_t first_character(const char *p)
{
    size_t n = 1;
    while (((unsigned char)p[n] & 0xC0) == 0x80)
        n++;
    return n;
}

/* What was found: shown up to `head`, and again from `tail`; its own text ends at `end`. */
struct found {
    const char *begin, *head, *tail, *end;
    const char *sign; /* its @ or +, of one byte or three, or none */
    size_t size;
};

/* The character that the three bytes before p code; 0: none. */
static char coded_before(const char *from, const char *p)
{
    bool coded = p - from >= 3 && p[-3] == '%' && isxdigit((unsigned char)p[-2]) &&
                 isxdigit((unsigned char)p[-1]);
    return coded ? (char)strtol((const char[]){ p[-2], p[-1], '\0' }, NULL, 16) : '\0';
}

/* Back over what may stand before an @, plain or coded as in an address of the web. */
static const char *local_begin(const char *from, const char *p)
{
    for (;;) {
        char coded = coded_before(from, p);
        if (coded ? !of_local(coded) && !of_rare_local(coded) : p == from || !of_local(p[-1]))
            return p;
        p -= coded ? 3 : 1;
    }
}

/* Whether what stands before an @ at `end` is part of an address of the web or of a form. */
static bool link_meant(const char *begin, const char *end)
{
    const char *mark = memchr(begin, '?', (size_t)(end - begin));
    return strchr("/?&", *begin) || (mark && memchr(mark, '=', (size_t)(end - mark)));
}

/* The same with what is rare, where no link is meant; `p` is at a plain @. */
static const char *wide_begin(const char *from, const char *p)
{
    const char *begin = p;
    while (begin > from && (of_local(begin[-1]) || of_rare_local(begin[-1])))
        begin--;
    if (link_meant(begin, p))
        return local_begin(from, p);
    while (of_rare_local(*begin))
        begin++;
    return begin;
}

/* An address whose sign is at p; its local part may reach back to `from`. */
static bool find_email(const char *from, const char *p, size_t size, struct found *f)
{
    const char *begin = local_begin(from, p), *end = p + size;
    while (of_domain(*end))
        end++;
    size_t n = (size_t)(p - begin);
    const char *whole = size == 1 ? wide_begin(from, p) : begin;
    size_t shown = *whole == '%' ? 0 : first_character(whole);
    bool cut = n >= HIDDEN_SIZE && memcmp(p - HIDDEN_SIZE, HIDDEN, HIDDEN_SIZE) == 0;
    if (n == 0 || cut || end == p + size || is_id(begin, n))
        return false;
    *f = (struct found){ whole, whole + shown, p, end, p, size };
    return true;
}

/* A number in the international form whose sign is at p. */
static bool find_phone(const char *from, const char *p, size_t size, struct found *f)
{
    size_t digits = 0;
    const char *last[PHONE_SHOWN] = { NULL }, *end = p + size;
    bool coded = p - from >= 3 && p[-3] == '%';
    if (p > from && isalnum((unsigned char)p[-1]) && !coded)
        return false;
    for (; digits <= PHONE_MOST; end++)
        if (isdigit((unsigned char)*end))
            last[digits++ % PHONE_SHOWN] = end;
        else if (!*end || !strchr(" ()-./", *end) || !*(end + 1) || !strchr("(0123456789", end[1]))
            break;
    *f = (struct found){ p, p, last[digits % PHONE_SHOWN], end, p, size };
    return digits >= PHONE_LEAST && digits <= PHONE_MOST;
}

/* Past n digits; NULL: there are fewer or more. */
static const char *past_digits(const char *p, size_t n)
{
    return p && strspn(p, "0123456789") == n ? p + n : NULL;
}

/* Past groups of digits, each after the first behind one separator. */
static const char *past_groups(const char *p, const char *sizes)
{
    for (bool first = true; p && *sizes; sizes++, first = false) {
        if (!first && !strchr(" -.", *p))
            return NULL;
        p = past_digits(first ? p : p + 1, (size_t)(*sizes - '0'));
    }
    return p;
}

static bool stands_alone(const char *from, const char *begin, const char *end)
{
    unsigned char before = begin > from ? (unsigned char)begin[-1] : ' ';
    bool within = isalnum(before) || before >= 0x80 || strchr("_#'-/.,%+=", before);
    return !within && !isalnum((unsigned char)*end) && (unsigned char)*end < 0x80 &&
           !(*end && strchr(" -./'_", *end) && isdigit((unsigned char)end[1]));
}

/* Ten digits from 02 on as people group them: 079 123 45 67, (044) 123 45 67, 079/1234567. In one
   they may be a reference. */
static bool find_grouped(const char *from, const char *p, struct found *f)
{
    static const char *const forms[] = { "322", "34", "7" };
    const char *area = past_digits(p, 3), *end = NULL;
    if (!area || p[0] != '0' || p[1] < '2')
        return false;
    size_t gap = strspn(area, " )-./");
    for (size_t i = 0; !end && i < sizeof(forms) / sizeof(forms[0]); i++)
        end = past_groups(area + gap, forms[i]);
    const char *begin = *area == ')' && p > from && p[-1] == '(' ? p - 1 : p;
    if (gap < 1 || gap > 3 || !end || !stands_alone(from, begin, end))
        return false;
    const char *tail = end;
    for (int shown = 0; shown < PHONE_SHOWN; tail--)
        shown += isdigit((unsigned char)tail[-1]) ? 1 : 0;
    *f = (struct found){ begin, begin, tail, end, begin, 0 };
    return true;
}

/* `past` is where the one before ended. */
static bool find(const char *from, const char *past, const char *p, struct found *f)
{
    size_t at = sign(p, '@', "%40"), plus = sign(p, '+', "%2B");
    return (at && find_email(past, p, at, f)) || (plus && find_phone(from, p, plus, f)) ||
           (*p == '0' && find_grouped(from, p, f));
}

static const char *decoded(struct arena *a, const char *p, const char *end)
{
    struct buf b = buf_in(a);
    for (; p < end; p++) {
        char coded = end - p >= 3 ? coded_before(p, p + 3) : '\0';
        buf_putc(&b, coded ? coded : *p);
        p += coded ? 2 : 0;
    }
    return b.p;
}

/* Whether the asker wrote it: in a link it is coded. */
static bool was_said(struct arena *a, const struct found *f, const char *said)
{
    return said &&
           strstr(said, f->size == 3 ? decoded(a, f->begin, f->end)
                                     : arena_strndup(a, f->begin, (size_t)(f->end - f->begin)));
}

static const char *mask_unsaid(struct arena *a, const char *text, const char *said,
                               const char *hidden)
{
    if (!text || !text[strcspn(text, "@+%0")])
        return text;
    struct found f;
    struct buf b = buf_in(a);
    const char *from = text, *past = text;
    for (const char *p = text; *p; p++) {
        if (!find(from, past, p, &f))
            continue;
        past = f.end;
        if (was_said(a, &f, said))
            continue;
        buf_put(&b, from, (size_t)(f.head - from));
        buf_puts(&b, hidden);
        from = f.tail;
        p = f.end - 1;
    }
    if (from == text)
        return text;
    buf_puts(&b, from);
    return b.p;
}

const char *mask_text(struct arena *a, const char *text)
{
    return mask_unsaid(a, text, NULL, HIDDEN);
}

/* ---- by itself ---- */

static bool phone_like(const char *text)
{
    return *text && text[strspn(text, "+0123456789 ()-./")] == '\0';
}

static const char *last_digits(struct arena *a, const char *number)
{
    size_t n = strlen(number);
    return n > PHONE_SHOWN ? arena_printf(a, HIDDEN "%s", number + n - PHONE_SHOWN) : HIDDEN;
}

/* What follows the last comma, and the one before it where only a country follows: streets and
   those whose house it is may have commas, too. */
static const char *place_of(const char *address)
{
    const char *at = NULL, *before = NULL;
    for (const char *p = strstr(address, ", "); p; p = strstr(at, ", ")) {
        before = at;
        at = p + 2;
    }
    return at && before && strlen(at) == COUNTRY_LENGTH ? before : at;
}

const char *mask_address(struct arena *a, const char *address)
{
    if (!address || !*address || strncmp(address, HIDDEN, HIDDEN_SIZE) == 0)
        return address;
    if (email_valid(address))
        return arena_printf(a, "%.*s" HIDDEN "%s", (int)first_character(address), address,
                            strchr(address, '@'));
    const char *text = mask_text(a, address);
    if (strchr(address, '@'))
        return text != address || strstr(address, HIDDEN "@") ? text : HIDDEN;
    if (phone_like(address))
        return last_digits(a, address);
    const char *place = place_of(address);
    return place ? arena_printf(a, HIDDEN " %s", place) : HIDDEN;
}

/* ---- in a document ---- */

enum kind {
    TEXT,    /* addresses may stand in it */
    LEFT,    /* no recipient's, or what a message says */
    ADDRESS, /* one by itself */
    MAYBE,   /* the same, or something else, as "to" is */
    STREET
};

static const struct {
    const char *key;
    enum kind kind;
} kinds[] = {
    { "email", ADDRESS },
    { "phone", ADDRESS },
    { "address", ADDRESS },
    { "to", MAYBE },
    { "recipient", MAYBE },
    { "street", STREET },
    { "subject", LEFT },
    { "messageId", LEFT },
    { "internetMessageId", LEFT },
    { "message-id", LEFT },
    { "providerMessageId", LEFT },
    { "actorName", LEFT },
    { "by", LEFT },
    { "sender", LEFT },
    { "example", LEFT },
    { "description", LEFT },
};

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);
    return n > m && strcmp(text + n - m, end) == 0;
}

static enum kind kind_of(const char *key)
{
    for (size_t i = 0; key && i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (strcmp(kinds[i].key, key) == 0)
            return kinds[i].kind;
    return key && (ends_with(key, "By") || ends_with(key, "ByName")) ? LEFT : TEXT;
}

static const char *masked(struct arena *a, enum kind kind, const char *text)
{
    if (kind == ADDRESS)
        return mask_address(a, text);
    if (kind == STREET)
        return *text ? HIDDEN : text;
    if (kind == MAYBE && (strchr(text, '@') || phone_like(text) || strstr(text, ", ")))
        return mask_address(a, text);
    return mask_text(a, text);
}

/* Texts of JSON that is shown stand in quotation marks. */
static const char *masked_shown(struct arena *a, enum kind kind, const char *text)
{
    size_t n = strlen(text);
    if (n < 2 || *text != '"')
        return masked(a, kind, text);
    return arena_printf(a, "\"%s\"", masked(a, kind, arena_strndup(a, text + 1, n - 2)));
}

/* Links stand under the keys of what they lead to, too; the @ of an address is coded in them. */
static bool is_link(enum kind kind, const char *text)
{
    return *text == '/' && (kind == TEXT || (kind == MAYBE && !strchr(text, '@')));
}

static const char *masked_string(struct arena *a, enum kind kind, const char *text,
                                 const char *said)
{
    if (kind == LEFT)
        return text;
    if (is_link(kind, text))
        return mask_unsaid(a, text, said, HIDDEN_LINK);
    if (kind == TEXT && said && *text && strstr(said, text))
        return text;
    return masked_shown(a, kind, text);
}

static void mask_value(struct arena *a, enum kind kind, struct json_object *value,
                       const char *said);

/* What a message says stands beside its subject, or beside how an SMS is written. */
static bool is_content(struct json_object *object)
{
    return json_object_object_get_ex(object, "subject", NULL) ||
           json_object_object_get_ex(object, "encoding", NULL);
}

/* Rows of keys and values are told by the key that they show, some in quotation marks. */
static const char *shown_key(struct arena *a, struct json_object *object)
{
    const char *key = json_text(object, "key");
    if (!key)
        return json_get(object, "value") ? json_text(object, "name") : NULL;
    size_t n = strlen(key);
    return n > 2 && *key == '"' ? arena_strndup(a, key + 1, n - 2) : key;
}

/* Where a building stands, everybody may know. */
static bool is_building(struct json_object *object)
{
    return json_get(object, "buildingId") && json_get(object, "street") &&
           !json_get(object, "communicationId");
}

/* What one wrote oneself is no secret, and comes back with the next change of it. */
static bool is_own_view(struct json_object *object)
{
    return json_get(object, "viewId") && json_object_get_boolean(json_get(object, "mine"));
}

static enum kind kind_in(struct arena *a, struct json_object *object, const char *name)
{
    bool words = strcmp(name, "text") == 0 || strcmp(name, "html") == 0;
    bool value = strcmp(name, "text") == 0 || strcmp(name, "value") == 0;
    const char *key = value ? shown_key(a, object) : NULL;
    if (strcmp(name, "example") == 0 && json_get(object, "reason"))
        return TEXT; /* what was said of a failure; else it is of a description */
    if ((words && is_content(object)) || (strcmp(name, "street") == 0 && is_building(object)))
        return LEFT;
    return kind_of(key ? key : name);
}

static void mask_object(struct arena *a, struct json_object *object, const char *said)
{
    if (is_own_view(object))
        return;
    json_object_object_foreach(object, name, value)
    {
        enum kind kind = kind_in(a, object, name);
        if (!json_object_is_type(value, json_type_string)) {
            mask_value(a, kind, value, said);
            continue;
        }
        const char *text = json_object_get_string(value);
        const char *to = masked_string(a, kind, text, said);
        if (to != text)
            json_object_set_string(value, to);
    }
}

static void mask_value(struct arena *a, enum kind kind, struct json_object *value, const char *said)
{
    struct str *written = json_written_text(value);
    if (written)
        *written = str_of(mask_text(a, arena_strndup(a, written->p, written->n)));
    else if (json_object_is_type(value, json_type_object))
        mask_object(a, value, said);
    for (size_t i = 0;
         json_object_is_type(value, json_type_array) && i < json_object_array_length(value); i++) {
        struct json_object *one = json_object_array_get_idx(value, i);
        const char *text = json_object_get_string(one);
        if (json_object_is_type(one, json_type_string))
            json_object_set_string(one, masked_string(a, kind, text, said));
        else
            mask_value(a, kind, one, said);
    }
}

void mask_document(struct arena *a, struct json_object *document, const char *said)
{
    mask_value(a, TEXT, document, said);
}

static const char *said_by(const struct request *r)
{
    struct buf b = buf_in(r->req.ctx.arena);
    for (size_t i = 0; i < r->query.n; i++)
        buf_printf(&b, "%s\n", r->query.at[i].value);
    return b.p;
}

void mask_answer(const struct request *r, struct json_object *document)
{
    const struct ctx *c = &r->req.ctx;
    if (c->actor.role == ROLE_VIEWER)
        mask_document(c->arena, document, said_by(r));
}
