/* E-mail as RFC 5322 text with MIME parts (RFC 2045, 2047, 2231), for SMTP and the sink. */
#include "channels/email.h"

#include "base/crypto.h"
#include "base/utf8.h"

#include <sodium.h>
#include <string.h>
#include <time.h>

#define LINE 76
#define LINE_BYTES 57 /* that base64 makes LINE characters of */
#define ADDRESS_MAX 254

static bool has_control(const char *text)
{
    for (const char *p = text ? text : ""; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            return true;
    return false;
}

static bool is_ascii(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text >= 0x80)
            return false;
    return true;
}

static bool address_fits(const char *address)
{
    const char *at = address ? strchr(address, '@') : NULL;
    return at && at != address && at[1] && !strchr(at + 1, '@') && !has_control(address) &&
           is_ascii(address) && !strpbrk(address, " <>()[],;:\"\\") &&
           strlen(address) <= ADDRESS_MAX;
}

static enum err check_address(struct ctx *c, const char *field, const char *address)
{
    return address_fits(address) ? OK : ctx_fault(c, field, "is not an address mail can go to");
}

static enum err check_line(struct ctx *c, const char *field, const char *text)
{
    if (has_control(text))
        return ctx_fault(c, field, "holds a line break or another control character");
    return utf8_valid(str_of(text)) ? OK : ctx_fault(c, field, "is not UTF-8");
}

static bool token_fits(const char *text, const char *extra)
{
    size_t n = 0;
    for (; text && text[n]; n++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", text[n]) &&
            !strchr(extra, text[n]))
            return false;
    return n > 0 && n <= 200;
}

enum err email_check(struct ctx *c, const struct email *e)
{
    enum err worst = check_address(c, "to", e->to_address);
    const struct {
        const char *field, *text;
    } lines[] = { { "subject", e->subject },
                  { "toName", e->to_name },
                  { "fromName", e->from_name } };
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        if (check_line(c, lines[i].field, lines[i].text))
            worst = ERR_INVALID;
    if ((e->from_address && check_address(c, "from", e->from_address)) ||
        (e->reply_to && check_address(c, "replyTo", e->reply_to)))
        worst = ERR_INVALID;
    if (!token_fits(e->message_id, ".-_@+") || !token_fits(e->communication_id, "-"))
        worst = ctx_fault(c, "messageId", "is not an identifier");
    for (size_t i = 0; i < e->attachment_count; i++)
        if (check_line(c, "attachments", e->attachments[i].file_name) ||
            !token_fits(e->attachments[i].content_type, "/.+-"))
            worst = ctx_fault(c, "attachments", "has a name or a type that mail cannot carry");
    return worst;
}

/* RFC 2047 encoded words of whole characters, folded; `column` is where the line stands. */
static size_t put_words(struct buf *to, const char *text, size_t column)
{
    size_t n = strlen(text);
    while (n) {
        size_t room = column + 20 < LINE ? (LINE - column - 12) / 4 * 3 : 0, take = 0;
        for (size_t next; take < n; take += next) {
            next = utf8_char(text + take, n - take);
            next = next ? next : 1;
            if (take + next > room)
                break;
        }
        if (!take) {
            buf_puts(to, "\r\n ");
            column = 1;
            continue;
        }
        char word[LINE * 2];
        sodium_bin2base64(word, sizeof(word), (const unsigned char *)text, take,
                          sodium_base64_VARIANT_ORIGINAL);
        buf_printf(to, "=?UTF-8?B?%s?=", word);
        column += strlen(word) + 12;
        text += take;
        n -= take;
        if (n) {
            buf_puts(to, "\r\n ");
            column = 1;
        }
    }
    return column;
}

static void put_text_header(struct buf *to, const char *name, const char *text)
{
    size_t column = strlen(name) + 2;
    buf_printf(to, "%s: ", name);
    if (is_ascii(text) && !strstr(text, "=?") && column + strlen(text) <= LINE)
        buf_puts(to, text);
    else
        put_words(to, text, column);
    buf_puts(to, "\r\n");
}

static size_t quoted_width(const char *text)
{
    size_t n = 2;
    for (; *text; text++)
        n += *text == '"' || *text == '\\' ? 2 : 1;
    return n;
}

static void put_quoted(struct buf *to, const char *text)
{
    buf_putc(to, '"');
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            buf_putc(to, '\\');
        buf_putc(to, *text);
    }
    buf_putc(to, '"');
}

static void put_address(struct buf *to, const char *header, const char *name, const char *address)
{
    size_t start = to->n, column = strlen(header) + 2;
    buf_printf(to, "%s: ", header);
    if (name && *name) {
        if (is_ascii(name) && !strstr(name, "=?") && column + quoted_width(name) <= LINE) {
            put_quoted(to, name);
            column = to->n - start;
        } else {
            column = put_words(to, name, column);
        }
        buf_puts(to, column + strlen(address) + 3 > LINE ? "\r\n " : " ");
    }
    buf_printf(to, "<%s>\r\n", address);
}

static void put_date(struct ctx *c, struct buf *to)
{
    time_t now = (time_t)(c->app->now_ms(c->app) / 1000);
    struct tm t;
    char text[64];
    gmtime_r(&now, &t);
    strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S +0000", &t);
    buf_printf(to, "Date: %s\r\n", text);
}

static bool needs_escape(const char *p, const char *end)
{
    if (*p == ' ' || *p == '\t')
        return p + 1 == end || p[1] == '\n' || (p[1] == '\r' && p + 2 < end && p[2] == '\n');
    return *p < 33 || *p > 126 || *p == '=';
}

static void put_quoted_printable(struct buf *to, const char *text)
{
    const char *end = text + strlen(text);
    size_t column = 0;
    for (const char *p = text; p < end; p++) {
        if (*p == '\r' && p + 1 < end && p[1] == '\n')
            continue;
        if (*p == '\n') {
            buf_puts(to, "\r\n");
            column = 0;
            continue;
        }
        size_t width = needs_escape(p, end) ? 3 : 1;
        if (column + width > LINE - 1) {
            buf_puts(to, "=\r\n");
            column = 0;
        }
        if (width == 3)
            buf_printf(to, "=%02X", (unsigned char)*p);
        else
            buf_putc(to, *p);
        column += width;
    }
    buf_puts(to, "\r\n");
}

static void put_text_part(struct buf *to, const char *subtype, const char *text)
{
    buf_printf(to,
               "Content-Type: text/%s; charset=utf-8\r\n"
               "Content-Transfer-Encoding: quoted-printable\r\n\r\n",
               subtype);
    put_quoted_printable(to, text);
}

static void put_body(struct buf *to, const struct email *e, const char *boundary)
{
    if (!e->html || !e->text) {
        put_text_part(to, e->html ? "html" : "plain", e->html ? e->html : e->text ? e->text : "");
        return;
    }
    buf_printf(to, "Content-Type: multipart/alternative; boundary=\"=_alt_%s\"\r\n\r\n", boundary);
    buf_printf(to, "--=_alt_%s\r\n", boundary);
    put_text_part(to, "plain", e->text);
    buf_printf(to, "--=_alt_%s\r\n", boundary);
    put_text_part(to, "html", e->html);
    buf_printf(to, "--=_alt_%s--\r\n", boundary);
}

/* RFC 2231: filename*0*=UTF-8''…; filename*1*=…, cut between characters. */
static void put_long_name(struct buf *to, const char *name)
{
    size_t n = strlen(name);
    for (int part = 0; n; part++) {
        struct buf piece = buf_in(to->arena);
        for (size_t next; n && piece.n < 40; name += next, n -= next) {
            next = utf8_char(name, n);
            next = next ? next : 1;
            buf_url(&piece, name, next);
        }
        buf_printf(to, ";\r\n filename*%d*=%s%s", part, part ? "" : "UTF-8''", piece.p);
    }
}

static void put_disposition(struct buf *to, const char *name)
{
    buf_puts(to, "Content-Disposition: attachment");
    if (is_ascii(name) && strlen(" filename=") + quoted_width(name) <= LINE) {
        buf_puts(to, ";\r\n filename=");
        put_quoted(to, name);
    } else {
        put_long_name(to, name);
    }
    buf_puts(to, "\r\n");
}

static void put_base64(struct buf *to, struct str bytes)
{
    const size_t step = LINE_BYTES;
    for (size_t at = 0; at < bytes.n; at += step) {
        size_t take = bytes.n - at < step ? bytes.n - at : step;
        char line[LINE + 8];
        sodium_bin2base64(line, sizeof(line), (const unsigned char *)bytes.p + at, take,
                          sodium_base64_VARIANT_ORIGINAL);
        buf_printf(to, "%s\r\n", line);
    }
}

static void put_attachment(struct buf *to, const struct email_attachment *a)
{
    const char *name = a->file_name && *a->file_name ? a->file_name : "attachment";
    buf_printf(to, "Content-Type: %s\r\nContent-Transfer-Encoding: base64\r\n", a->content_type);
    put_disposition(to, name);
    buf_puts(to, "\r\n");
    put_base64(to, a->bytes);
}

static void put_parts(struct buf *to, const struct email *e, const char *boundary)
{
    if (!e->attachment_count) {
        put_body(to, e, boundary);
        return;
    }
    buf_printf(to, "Content-Type: multipart/mixed; boundary=\"=_mix_%s\"\r\n\r\n", boundary);
    buf_printf(to, "--=_mix_%s\r\n", boundary);
    put_body(to, e, boundary);
    for (size_t i = 0; i < e->attachment_count; i++) {
        buf_printf(to, "--=_mix_%s\r\n", boundary);
        put_attachment(to, &e->attachments[i]);
    }
    buf_printf(to, "--=_mix_%s--\r\n", boundary);
}

enum err mime_write(struct ctx *c, const struct email *e, struct buf *to)
{
    enum err r = email_check(c, e);
    if (!e->from_address)
        r = ctx_fault(c, "from", "is missing");
    if (r)
        return r;
    unsigned char digest[SHA256_SIZE];
    sha256(e->message_id, strlen(e->message_id), digest);
    put_address(to, "From", e->from_name, e->from_address);
    put_address(to, "To", e->to_name, e->to_address);
    if (e->reply_to)
        put_address(to, "Reply-To", NULL, e->reply_to);
    if (e->read_receipt)
        put_address(to, "Disposition-Notification-To", NULL, e->from_address);
    put_text_header(to, "Subject", e->subject ? e->subject : "");
    put_date(c, to);
    buf_printf(to, "Message-ID: <%s>\r\nX-Track-Id: %s\r\n", e->message_id, e->communication_id);
    buf_puts(to, "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n");
    /* "=_" cannot occur in quoted-printable or base64 text, so no boundary does. */
    put_parts(to, e, hex(c->arena, digest, 8));
    return OK;
}

void mime_note(struct arena *a, const struct buf *text, struct send_result *result)
{
    unsigned char digest[SHA256_SIZE];
    sha256(text->p, text->n, digest);
    result->mail_sha256 = hex(a, digest, sizeof(digest));
    result->mail_size = text->n;
}
