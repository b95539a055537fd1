/* The texts of a message from its templates: subject, plain text and HTML. */
#pragma once

#include "base/ctx.h"

#include <json-c/json.h>

struct message {
    const char *subject, *text, *html;
    const char *language; /* of the template that was found */
};

#define MESSAGE_USUAL "statement"
#define MESSAGE_NAME_MAX 40

/* The messages that can be written in every form, in order: those with a template in English both
   by themselves ("statement.en") and as an SMS ("statement_sms.en"). NULL at the end. */
const char *const *message_names(struct ctx *c) must_check;

/* One of them, and the languages it is there in by itself and as an SMS, in order. */
struct message_kind {
    const char *name;
    const char *const *languages; /* NULL at the end */
};

/* The same messages with their languages; a NULL name at the end. */
const struct message_kind *message_kinds(struct ctx *c) must_check;

/* "de, en, fr". */
const char *message_languages(struct arena *a, const struct message_kind *m);

/* Renders message `name` ("statement") in a language ("de-CH" falls to "de", and that to English):
   the template messages/<name>.<language>, whose first line is "Subject: …" and whose rest, after
   an empty line, is Markdown. Values of data are text: what looks like Markdown or HTML in them
   stands as it is. The frame messages/frame makes the HTML whole; `pixelUrl` in data adds the open
   pixel to it. ERR_NOT_FOUND: no such message; other errors have a sentence in c->problem. */
enum err message_render(struct ctx *c, const char *name, const char *language,
                        struct json_object *data, struct message *out) must_check;

/* The same from another folder of templates, for a reply in a conversation: its HTML is the body
   alone, without the frame. */
enum err message_reply(struct ctx *c, const char *folder, const char *name, const char *language,
                       struct json_object *data, struct message *out) must_check;

/* The same message before it becomes HTML or a letter: Markdown that holds the data. */
struct message_source {
    const char *subject, *markdown;
    const char *language; /* of the template that was found */
};

/* As message_render, for ways that lay the Markdown out themselves. */
enum err message_source(struct ctx *c, const char *name, const char *language,
                        struct json_object *data, struct message_source *out) must_check;

/* The same for a message that is text alone (an SMS, "statement_sms"): the template as it is, no
   subject and no Markdown. */
enum err message_text(struct ctx *c, const char *name, const char *language,
                      struct json_object *data, const char **out) must_check;

/* Subject and text as one digest: two messages that read the same have the same. */
const char *message_digest(struct arena *a, const struct message *m);

/* "2026-04-30" as the language writes it: "30. April 2026", "30 avril 2026", "30 de abril de
   2026", "30 April 2026". Another text as it is. */
const char *date_text(struct arena *a, const char *iso, const char *language);

/* The same in as few characters as the language knows, all of the SMS alphabet: "30.04.2026". */
const char *date_short(struct arena *a, const char *iso, const char *language);
