/* How fast letters are set: bench-letters COUNT prints letters a second of one core (a file each),
   seconds for COUNT of them as files by two children, seconds for the print file of those, seconds
   for one set anew, and the most memory a child of them took, in MiB. */
#include "paper/print_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

static struct app app;
static struct ctx ctx;

static double now(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static const char *address_line(size_t i, int line)
{
    static const char *const names[] = { "Łucja Nguyễn-Østergård", "محمد عبد الله", "李小龍",
                                         "Maria Hohenstein" };
    return line == 0   ? names[i % 16 < 13 ? 3 : i % 16 - 13]
           : line == 1 ? arena_printf(ctx.arena, "Bahnhofstrasse %zu", i)
                       : arena_printf(ctx.arena, "%zu Zürich", 8000 + i / 50);
}

static struct letter *letters_of(size_t count)
{
    static const char *const sender[] = { "Lindenhof Verwaltungen AG", "Seestrasse 12",
                                          "8002 Zürich", "Telefon 044 123 45 67" };
    static const struct letter_info info[] = { { "Referenz", "2025-1.02" } };
    struct letter *l = arena_zalloc(ctx.arena, count, sizeof *l);
    for (size_t i = 0; i < count; i++) {
        const char **address = arena_zalloc(ctx.arena, 3, sizeof *address);
        struct buf body = buf_in(ctx.arena);
        for (int k = 0; k < 3; k++)
            address[k] = address_line(i, k);
        buf_printf(&body, "Guten Tag %s\n\nDer offene Betrag ist **%zu.05 CHF**:\n\n", address[0],
                   i);
        for (int k = 0; k < 20; k++)
            buf_printf(&body, "- Position %d der Abrechnung, %zu.%02d CHF\n", k, i, k);
        l[i] = (struct letter){ .communication_id =
                                    arena_printf(ctx.arena, "01890a5d-ac96-774b-bcce-%012zx", i),
                                .language = "de-CH",
                                .form = LETTER_DIN_B,
                                .sender = sender,
                                .sender_count = 4,
                                .address = address,
                                .address_count = 3,
                                .date = "30. April 2026",
                                .info = info,
                                .info_count = 1,
                                .subject = "Heiz- und Nebenkostenabrechnung 2025",
                                .markdown = body.p };
    }
    return l;
}

static void must(enum err e)
{
    if (e) {
        fprintf(stderr, "bench-letters: %s\n", ctx.problem.detail ? ctx.problem.detail : "failed");
        exit(1);
    }
}

/* Letters a second of CPU time, fonts found before. */
static double rate(const struct letter *l, size_t count)
{
    struct arena *all = ctx.arena;
    struct letter_pdf pdf;
    ctx.arena = arena_new((size_t)64 << 20);
    must(letter_write(&ctx, &l[0], &pdf));
    double began = now(CLOCK_PROCESS_CPUTIME_ID);
    for (size_t i = 0; i < count; i++) {
        arena_reset(ctx.arena);
        must(letter_write(&ctx, &l[i], &pdf));
    }
    double taken = now(CLOCK_PROCESS_CPUTIME_ID) - began;
    arena_free(ctx.arena);
    ctx.arena = all;
    return (double)count / taken;
}

static double print_all(const struct letter *l, const struct letter_pdf *kept, size_t count)
{
    struct print_options o = { .form = LETTER_DIN_B, .duplex = true };
    struct print_separator s = { .title = "Lindenhof 12" };
    struct print_merged m;
    double began = now(CLOCK_MONOTONIC);
    struct print_file *p = print_begin(&ctx, &o);
    for (size_t i = 0; i < count; i++) {
        if (i % 50 == 0)
            print_separator(p, &s);
        if (kept)
            print_pdf(p, kept[i].bytes);
        else
            print_letter(p, &l[i]);
    }
    must(print_finish(p, &m));
    return now(CLOCK_MONOTONIC) - began;
}

int main(int argc, char **argv)
{
    size_t count = argc == 2 ? strtoul(argv[1], NULL, 10) : 0;
    if (count < 1) {
        fprintf(stderr, "bench-letters COUNT\n");
        return 2;
    }
    ctx = (struct ctx){ .app = &app, .arena = arena_new((size_t)2 << 30) };
    struct letter *l = letters_of(count);
    struct letter_pdf *pdf = arena_zalloc(ctx.arena, count, sizeof *pdf);
    double each = rate(l, count < 300 ? count : 300), began = now(CLOCK_MONOTONIC);
    must(letters_write(&ctx, l, count, 2, pdf));
    double files = now(CLOCK_MONOTONIC) - began;
    double kept = print_all(l, pdf, count), set = print_all(l, NULL, count);
    struct rusage used;
    getrusage(RUSAGE_CHILDREN, &used);
    printf("%.0f %.2f %.2f %.2f %ld\n", each, files, kept, set, used.ru_maxrss / 1024);
    arena_free(ctx.arena);
    return 0;
}
