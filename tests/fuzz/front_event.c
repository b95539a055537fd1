/* Any bytes as what Front posts: what comes out is whole, and its words can be looked up. */
#include "channels/front_event.h"
#include "base/crypto.h"
#include "base/utf8.h"
#include "channels/front_wire.h"
#include "ship/thread_words.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void must(bool truth)
{
    if (!truth)
        abort();
}

static void check_words(struct arena *a, const char *const *texts, size_t count)
{
    const struct thread_word *words;
    size_t n = thread_words(a, texts, count, &words);
    must(n <= 500);
    for (size_t i = 0; i < n; i++) {
        size_t length = strlen(words[i].text);
        must(length >= 1 && length <= 60 && utf8_valid(str_of(words[i].text)));
        must(strpbrk(words[i].text, "0123456789") != NULL);
    }
}

static void check(struct arena *a, const struct front_news *news)
{
    must(news->type && news->subject);
    must(!news->conversation_id || front_id(news->conversation_id));
    for (size_t i = 0; i < news->email_count; i++)
        must(strchr(news->emails[i], '@') && strlen(news->emails[i]) <= 254);
    for (size_t i = 0; i < news->merged_count; i++)
        must(front_id(news->merged[i]) && news->conversation_id &&
             strcmp(news->merged[i], news->conversation_id) != 0);
    check_words(a, news->texts, news->text_count);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    const char *why = NULL;
    struct front_news news;
    struct arena *a = arena_new((size_t)256 << 20);
    struct str body = { (const char *)bytes, n };
    crypto_init();
    const char *text = arena_strndup(a, body.p, n);
    if (front_news_read(a, body, &news, &why) == OK)
        check(a, &news);
    else
        must(why != NULL);
    must(!front_signed(a, "secret", text, body, text));
    (void)front_fresh(text, 1772594000250);
    check_words(a, &text, 1);
    arena_free(a);
    return 0;
}
