/* The figures as a page shows them: bars of a histogram, links into the list, words. */
#include "messages/figures.h"

#include "base/json.h"
#include "track/labels.h"
#include "web/bar.h"

#include <string.h>

#define WIDTH 720
#define HEIGHT 96
#define GAP 2

/* What a bar is stacked of, from its foot. */
static const struct layer {
    const char *tone, *word;
} layers[] = {
    { "done", "Delivered" },   { "moving", "On the way" }, { "hand", "By hand" },
    { "waiting", "Not sent" }, { "attention", "Held" },    { "failed", "Failed" },
};
#define LAYERS (sizeof(layers) / sizeof(layers[0]))

static void count_layers(struct json_object *bucket, long long counts[LAYERS])
{
    memset(counts, 0, LAYERS * sizeof(*counts));
    json_object_object_foreach(json_get(bucket, "statuses"), status, n)
    {
        for (size_t i = 0; i < LAYERS; i++)
            if (strcmp(layers[i].tone, status_label(status)->tone) == 0)
                counts[i] += json_object_get_int64(n);
    }
}

static struct json_object *piece(size_t layer, long long x, long long y, long long height)
{
    struct json_object *p = json_object_new_object();
    json_set_text(p, "tone", layers[layer].tone);
    json_set_int(p, "x", x);
    json_set_int(p, "y", y);
    json_set_int(p, "height", height);
    return p;
}

/* The bar of a bucket, its pieces from the foot up, none that is there of no height. */
static struct json_object *pieces_of(const long long counts[LAYERS], long long most, long long x)
{
    long long y = HEIGHT;
    struct json_object *list = json_object_new_array();
    for (size_t i = 0; i < LAYERS; i++) {
        if (counts[i] == 0)
            continue;
        long long height = counts[i] * (HEIGHT - (long long)LAYERS) / most;
        height = height > 1 ? height : 1;
        y -= height;
        json_object_array_add(list, piece(i, x, y, height));
    }
    return list;
}

static struct json_object *cells_of(const long long counts[LAYERS])
{
    struct json_object *list = json_object_new_array();
    for (size_t i = 0; i < LAYERS; i++) {
        struct json_object *cell = json_object_new_object();
        json_set_int(cell, "n", counts[i]);
        json_object_array_add(list, cell);
    }
    return list;
}

static void add_bars(struct ctx *c, struct json_object *d)
{
    struct json_object *buckets = json_get(d, "buckets");
    size_t n = json_object_array_length(buckets);
    long long most = 1, step = WIDTH / (long long)n, counts[LAYERS];
    for (size_t i = 0; i < n; i++) {
        long long total =
            json_object_get_int64(json_get(json_object_array_get_idx(buckets, i), "total"));
        most = total > most ? total : most;
    }
    for (size_t i = 0; i < n; i++) {
        struct json_object *b = json_object_array_get_idx(buckets, i);
        count_layers(b, counts);
        json_set_int(b, "x", (long long)i * step);
        json_set(b, "pieces", pieces_of(counts, most, (long long)i * step));
        json_set(b, "cells", cells_of(counts));
        json_set_text(
            b, "href",
            bar_href(c, MESSAGES_PAGE,
                     bar_between(c, json_text(d, "q"), json_text(b, "from"), json_text(b, "to")),
                     NULL));
    }
    json_set_int(d, "most", most);
    json_set_int(d, "barWidth", step - GAP);
    json_set_int(d, "width", (long long)n * step);
    json_set_int(d, "height", HEIGHT);
}

static void add_layers(struct json_object *d)
{
    struct json_object *list = json_object_new_array();
    for (size_t i = 0; i < LAYERS; i++) {
        struct json_object *layer = json_object_new_object();
        json_set_text(layer, "tone", layers[i].tone);
        json_set_text(layer, "word", layers[i].word);
        json_object_array_add(list, layer);
    }
    json_set(d, "layers", list);
}

static void add_periods(struct ctx *c, struct json_object *d)
{
    static const char *const words[] = { "24 hours", "7 days", "30 days" };
    struct json_object *list = json_object_new_array();
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        struct json_object *p = json_object_new_object();
        struct buf b = buf_in(c->arena);
        const char *q = json_text(d, "q");
        buf_puts(&b, "/messages/figures?q=");
        buf_url(&b, q, strlen(q));
        buf_printf(&b, "&period=%s", figure_periods[i]);
        json_set_text(p, "word", words[i]);
        json_set_text(p, "href", b.p);
        json_set_bool(p, "selected", strcmp(figure_periods[i], json_text(d, "period")) == 0);
        json_object_array_add(list, p);
    }
    json_set(d, "periods", list);
}

void figures_dress(struct ctx *c, struct json_object *d)
{
    struct json_object *failures = json_get(d, "failures");
    add_bars(c, d);
    add_layers(d);
    add_periods(c, d);
    for (size_t i = 0; i < json_object_array_length(failures); i++) {
        struct json_object *f = json_object_array_get_idx(failures, i);
        bool several = json_object_get_boolean(json_get(f, "several"));
        json_set_text(f, "sentence", json_text(f, several ? "reason" : "example"));
    }
    json_set_bool(d, "anyFailures", json_object_array_length(failures) > 0);
    json_set_text(d, "list", bar_href(c, MESSAGES_PAGE, json_text(d, "q"), NULL));
}
