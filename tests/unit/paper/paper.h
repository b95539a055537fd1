/* What the tests of letters share: a letter, and what poppler and zbar read of a PDF. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "paper/letter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define UUID "01890a5d-ac96-774b-bcce-b302099a8057"

static struct ctx ctx;
static struct app app;

static int paper_start(void **state)
{
    (void)state;
    ctx = (struct ctx){ .app = &app, .arena = arena_new((size_t)256 << 20) };
    return 0;
}

static int paper_end(void **state)
{
    (void)state;
    arena_free(ctx.arena);
    return 0;
}

static _Noreturn void paper_exec(const char *command, const char *file, int to)
{
    dup2(to, 1);
    execl("/bin/sh", "sh", "-c", command, "sh", file, (char *)NULL);
    _exit(127);
}

/* What a command of the shell prints; $1 is `argument`. */
static inline struct str paper_shell(const char *command, const char *argument)
{
    int ends[2];
    struct buf b = buf_in(ctx.arena);
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        paper_exec(command, argument, ends[1]);
    close(ends[1]);
    for (ssize_t n; (n = read(ends[0], buf_room(&b, 65536), 65536)) > 0;)
        b.n += (size_t)n;
    close(ends[0]);
    waitpid(pid, NULL, 0);
    buf_put(&b, "", 0);
    return buf_str(&b);
}

/* What a command of the shell prints of a PDF, its $1. */
static inline const char *paper_read(struct str pdf, const char *command)
{
    char name[] = "/tmp/paper-test-XXXXXX";
    int file = mkstemp(name);
    assert_true(file >= 0);
    assert_int_equal(write(file, pdf.p, pdf.n), pdf.n);
    close(file);
    const char *text = paper_shell(command, name).p;
    unlink(name);
    return text;
}

static inline const char *paper_text(struct str pdf)
{
    return paper_read(pdf, "pdftotext -layout $1 -");
}

static inline int paper_pages(struct str pdf)
{
    const char *line = strstr(paper_read(pdf, "pdfinfo $1"), "Pages:");
    assert_non_null(line);
    return (int)strtol(line + 6, NULL, 10);
}

/* Fonts of a PDF, and how many of them are not in it. */
static inline int paper_fonts(struct str pdf, int *missing)
{
    const char *line = paper_read(pdf, "pdffonts $1 | tail -n +3 | awk '{ print $(NF-4) }'");
    int n = 0;
    *missing = 0;
    for (; *line; line += strcspn(line, "\n") + 1) {
        n++;
        *missing += strncmp(line, "yes", 3) != 0;
    }
    return n;
}

/* The next word of pdftotext -bbox, in millimetres. */
static inline bool paper_word(const char **at, struct letter_box *box, char text[200])
{
    const double mm = 25.4 / 72;
    double x, y, x2, y2;
    const char *word = strstr(*at, "<word ");
    if (!word || sscanf(word, "<word xMin=\"%lf\" yMin=\"%lf\" xMax=\"%lf\" yMax=\"%lf\">%199[^<]",
                        &x, &y, &x2, &y2, text) != 5)
        return false;
    *at = word + 6;
    *box = (struct letter_box){ x * mm, y * mm, (x2 - x) * mm, (y2 - y) * mm };
    return true;
}

static inline bool paper_inside(struct letter_box a, struct letter_box of)
{
    return a.x >= of.x && a.y >= of.y && a.x + a.width <= of.x + of.width &&
           a.y + a.height <= of.y + of.height;
}

/* What a reader of codes finds on a page. */
static inline const char *paper_codes(struct str pdf)
{
    return paper_read(pdf, "pdftoppm -r 200 -gray $1 | zbarimg -q --raw PGM:- 2>/dev/null");
}

static inline struct letter paper_letter(void)
{
    static const char *const sender[] = { "Lindenhof Verwaltungen AG", "Seestrasse 12",
                                          "8002 Zürich", "Telefon 044 123 45 67" };
    static const char *const address[] = { "Łucja Nguyễn-Østergård", "Bahnhofstrasse 112",
                                           "8001 Zürich" };
    static const struct letter_info info[] = { { "Referenz", "2025-1.02" } };
    return (struct letter){ .communication_id = UUID,
                            .language = "de-CH",
                            .form = LETTER_DIN_B,
                            .sender = sender,
                            .sender_count = 4,
                            .address = address,
                            .address_count = 3,
                            .date = "30. April 2026",
                            .info = info,
                            .info_count = 1,
                            .subject = "Nebenkostenabrechnung 2025",
                            .markdown = "Guten Tag\n\nDer Betrag ist **138.05 CHF**." };
}
