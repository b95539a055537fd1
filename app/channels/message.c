/* Messages: mustache, then Markdown by libcmark, then the HTML frame and the plain text. */
#include "channels/message.h"

#include "base/buf.h"
#include "base/crypto.h"
#include "base/json.h"
#include "mustache/mustache.h"

#include <cmark.h>
#include <ctype.h>
#include <string.h>

#define SUBJECT "Subject: "
#define MESSAGES "messages"

/* ---- values ---- */

/* Every punctuation character may be escaped by a backslash (CommonMark §2.4); a line's end becomes
 * a space. */
static struct json_object *escape_text(struct arena *a, const char *text)
{
    struct buf b = buf_in(a);
    for (const char *p = text; *p; p++) {
        if (ispunct((unsigned char)*p))
            buf_putc(&b, '\\');
        buf_putc(&b, *p == '\n' || *p == '\r' ? ' ' : *p);
    }
    return json_object_new_string_len(b.p ? b.p : "", (int)b.n);
}

/* A copy of the data in which no text means anything to Markdown. */
static struct json_object *escape_value(struct arena *a, struct json_object *v)
{
    if (json_object_is_type(v, json_type_string))
        return escape_text(a, json_object_get_string(v));
    if (json_object_is_type(v, json_type_array)) {
        struct json_object *copy = json_object_new_array();
        for (size_t i = 0; i < json_object_array_length(v); i++)
            json_object_array_add(copy, escape_value(a, json_object_array_get_idx(v, i)));
        return copy;
    }
    if (json_object_is_type(v, json_type_object)) {
        struct json_object *copy = json_object_new_object();
        json_object_object_foreach(v, key, member)
        {
            json_object_object_add(copy, key, escape_value(a, member));
        }
        return copy;
    }
    return json_object_get(v);
}

/* ---- Markdown as plain text ---- */

static void end_block(struct buf *b)
{
    while (b->n && b->p[b->n - 1] == '\n')
        b->n--;
    if (b->n)
        buf_puts(b, "\n\n");
}

static void enter(struct buf *b, cmark_node *n)
{
    switch (
        (int)cmark_node_get_type(n)) { /* of a library whose kinds grow: the others have no text */
    case CMARK_NODE_ITEM:
        while (b->n && b->p[b->n - 1] == '\n')
            b->n--;
        buf_puts(b, "\n- ");
        break;
    case CMARK_NODE_TEXT:
    case CMARK_NODE_CODE:
    case CMARK_NODE_CODE_BLOCK:
        buf_puts(b, cmark_node_get_literal(n));
        break;
    case CMARK_NODE_SOFTBREAK:
    case CMARK_NODE_LINEBREAK:
        buf_putc(b, '\n');
        break;
    case CMARK_NODE_THEMATIC_BREAK:
        buf_puts(b, "----------------------------------------\n\n");
        break;
    default:
        break;
    }
}

static void leave(struct buf *b, cmark_node *n)
{
    switch ((int)cmark_node_get_type(n)) {
    case CMARK_NODE_PARAGRAPH:
    case CMARK_NODE_HEADING:
    case CMARK_NODE_LIST:
    case CMARK_NODE_BLOCK_QUOTE:
        end_block(b);
        break;
    case CMARK_NODE_LINK:
        buf_printf(b, " <%s>", cmark_node_get_url(n));
        break;
    default:
        break;
    }
}

static const char *plain_text(struct arena *a, cmark_node *document)
{
    struct buf b = buf_in(a);
    cmark_iter *i = cmark_iter_new(document);
    for (cmark_event_type t; (t = cmark_iter_next(i)) != CMARK_EVENT_DONE;) {
        if (t == CMARK_EVENT_ENTER)
            enter(&b, cmark_iter_get_node(i));
        else
            leave(&b, cmark_iter_get_node(i));
    }
    cmark_iter_free(i);
    end_block(&b);
    if (b.n)
        b.p[--b.n] = '\0'; /* one newline at the end */
    return b.p ? b.p : "";
}

/* ---- which there are ---- */

static bool is_listed(const char *const *names, const char *name)
{
    while (*names && strcmp(*names, name) != 0)
        names++;
    return *names != NULL;
}

const char *const *message_names(struct ctx *c)
{
    size_t n = 0, most = 0;
    const char *const *all = templates_list(c->app->templates, c->arena, MESSAGES);
    while (all[most])
        most++;
    const char **names = arena_zalloc(c->arena, most + 1, sizeof(*names));
    for (size_t i = 0; i < most; i++) {
        size_t length = strcspn(all[i], ".");
        const char *name = arena_strndup(c->arena, all[i], length);
        if (length <= MESSAGE_NAME_MAX && strcmp(all[i] + length, ".en") == 0 &&
            is_listed(all, arena_printf(c->arena, "%s_sms.en", name)))
            names[n++] = name;
    }
    return names;
}

static const char *const *languages_of(struct ctx *c, const char *const *all, const char *name)
{
    size_t n = 0, most = 0, length = strlen(name);
    while (all[most])
        most++;
    const char **languages = arena_zalloc(c->arena, most + 1, sizeof(*languages));
    for (size_t i = 0; i < most; i++) {
        bool ours = strncmp(all[i], name, length) == 0 && all[i][length] == '.';
        if (ours && is_listed(all, arena_printf(c->arena, "%s_sms%s", name, all[i] + length)))
            languages[n++] = all[i] + length + 1;
    }
    return languages;
}

const struct message_kind *message_kinds(struct ctx *c)
{
    size_t n = 0;
    const char *const *names = message_names(c);
    const char *const *all = templates_list(c->app->templates, c->arena, MESSAGES);
    while (names[n])
        n++;
    struct message_kind *kinds = arena_zalloc(c->arena, n + 1, sizeof(*kinds));
    for (size_t i = 0; i < n; i++)
        kinds[i] = (struct message_kind){ names[i], languages_of(c, all, names[i]) };
    return kinds;
}

const char *message_languages(struct arena *a, const struct message_kind *m)
{
    struct buf b = buf_in(a);
    for (const char *const *language = m->languages; language && *language; language++)
        buf_printf(&b, "%s%s", b.n ? ", " : "", *language);
    return b.p ? b.p : "";
}

/* ---- the message ---- */

static enum err render(struct ctx *c, const char *template, struct json_object *data,
                       struct buf *out)
{
    const char *why = "";
    enum err e = template_render_text(c->app->templates, template, data, out, &why);
    return e ? ctx_refuse(c, e, "%s", why) : OK;
}

static const char *without_blank_lines(const char *text)
{
    while (*text == '\n' || *text == '\r')
        text++;
    return text;
}

/* The template's first line; a line's end in a value cannot add another header. */
static enum err subject_of(struct ctx *c, const char *template, struct json_object *data,
                           const char **out)
{
    struct buf whole = buf_in(c->arena);
    enum err e = render(c, template, data, &whole);
    if (e)
        return e;
    if (!whole.p || strncmp(whole.p, SUBJECT, strlen(SUBJECT)) != 0)
        return ctx_refuse(c, ERR_INVALID, "The template %s does not begin with \"" SUBJECT "\".",
                          template);
    const char *line = whole.p + strlen(SUBJECT);
    *out = arena_strndup(c->arena, line, strcspn(line, "\r\n"));
    return OK;
}

static enum err frame(struct ctx *c, const char *subject, const char *language, const char *body,
                      struct json_object *data, const char **out)
{
    struct buf html = buf_in(c->arena);
    const char *why = "";
    struct json_object *d = json_own(c->arena, json_object_new_object());
    json_set_text(d, "subject", subject);
    json_set_text(d, "language", language);
    json_set_text(d, "body", body);
    json_set_text(d, "tenant", json_text(data, "tenant"));
    json_set_text(d, "pixelUrl", json_text(data, "pixelUrl"));
    enum err e = template_render(c->app->templates, "messages/frame", d, &html, &why);
    *out = html.p;
    return e ? ctx_refuse(c, e, "%s", why) : OK;
}

static void free_node(void *node)
{
    cmark_node_free(node);
}

static enum err source(struct ctx *c, const char *template, struct json_object *data,
                       struct message_source *out)
{
    struct buf markdown = buf_in(c->arena);
    enum err e = subject_of(c, template, data, &out->subject);
    if (!e)
        e = render(c, template, json_own(c->arena, escape_value(c->arena, data)), &markdown);
    if (!e)
        out->markdown = without_blank_lines(markdown.p + strcspn(markdown.p, "\n"));
    return e;
}

/* Where a message is not there in a language: "de-CH" falls to "de", and that to English. NULL:
   nothing is left. */
static const char *fall(struct ctx *c, const char *language)
{
    const char *region = strchr(language, '-');
    if (strcmp(language, "en") == 0)
        return NULL;
    c->problem = (struct problem){ 0 };
    return region ? arena_strndup(c->arena, language, (size_t)(region - language)) : "en";
}

static enum err source_in(struct ctx *c, const char *folder, const char *name, const char *language,
                          struct json_object *data, struct message_source *out)
{
    const char *template = arena_printf(c->arena, "%s/%s.%s", folder, name, language);
    out->language = language;
    enum err e = source(c, template, data, out);
    const char *next = e == ERR_NOT_FOUND ? fall(c, language) : NULL;
    return next ? source_in(c, folder, name, next, data, out) : e;
}

enum err message_source(struct ctx *c, const char *name, const char *language,
                        struct json_object *data, struct message_source *out)
{
    return source_in(c, MESSAGES, name, language, data, out);
}

enum err message_reply(struct ctx *c, const char *folder, const char *name, const char *language,
                       struct json_object *data, struct message *out)
{
    struct message_source from = { 0 };
    enum err e = source_in(c, folder, name, language, data, &from);
    if (e)
        return e;
    cmark_node *document =
        cmark_parse_document(from.markdown, strlen(from.markdown), CMARK_OPT_DEFAULT);
    arena_defer(c->arena, free_node, document);
    out->subject = from.subject;
    out->language = from.language;
    out->text = plain_text(c->arena, document);
    char *html = cmark_render_html(document, CMARK_OPT_DEFAULT);
    arena_defer(c->arena, cmark_get_default_mem_allocator()->free, html);
    out->html = html;
    return OK;
}

enum err message_render(struct ctx *c, const char *name, const char *language,
                        struct json_object *data, struct message *out)
{
    enum err e = message_reply(c, MESSAGES, name, language, data, out);
    return e ? e : frame(c, out->subject, out->language, out->html, data, &out->html);
}

enum err message_text(struct ctx *c, const char *name, const char *language,
                      struct json_object *data, const char **out)
{
    struct buf text = buf_in(c->arena);
    enum err e = render(c, arena_printf(c->arena, "messages/%s.%s", name, language), data, &text);
    const char *next = e == ERR_NOT_FOUND ? fall(c, language) : NULL;
    if (next)
        return message_text(c, name, next, data, out);
    if (e == OK)
        *out = text.p ? text.p : "";
    return e;
}

const char *message_digest(struct arena *a, const struct message *m)
{
    unsigned char digest[SHA256_SIZE];
    const char *whole = arena_printf(a, "%s\n\n%s", m->subject, m->text);
    sha256(whole, strlen(whole), digest);
    return base64url(a, digest, sizeof(digest));
}

/* ---- dates ---- */

struct dates { /* as a language writes them */
    const char *language, *after_day, *after_month;
    const char *separator; /* of date_short; NULL: it has none shorter than the long one */
    const char *months[12];
};

static const struct dates *dates_of(const char *language)
{
    static const struct dates all[] = {
        { "en",
          "",
          "",
          NULL,
          { "January", "February", "March", "April", "May", "June", "July", "August", "September",
            "October", "November", "December" } },
        { "de",
          ".",
          "",
          ".",
          { "Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September",
            "Oktober", "November", "Dezember" } },
        { "fr",
          "",
          "",
          ".",
          { "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre",
            "octobre", "novembre", "décembre" } },
        { "es",
          " de",
          " de",
          "/",
          { "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre",
            "octubre", "noviembre", "diciembre" } },
    };
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        if (strcmp(all[i].language, language) == 0)
            return &all[i];
    return &all[0];
}

static bool date_read(const char *iso, int *year, int *month, int *day)
{
    char end;
    return sscanf(iso, "%4d-%2d-%2d%c", year, month, day, &end) == 3 && *month >= 1 && *month <= 12;
}

const char *date_text(struct arena *a, const char *iso, const char *language)
{
    int year, month, day;
    const struct dates *d = dates_of(language);
    if (!date_read(iso, &year, &month, &day))
        return iso;
    return arena_printf(a, "%d%s %s%s %d", day, d->after_day, d->months[month - 1], d->after_month,
                        year);
}

const char *date_short(struct arena *a, const char *iso, const char *language)
{
    int year, month, day;
    const struct dates *d = dates_of(language);
    if (!d->separator || !date_read(iso, &year, &month, &day))
        return date_text(a, iso, language);
    return arena_printf(a, "%02d%s%02d%s%d", day, d->separator, month, d->separator, year);
}
