/* trackctl evidence: packs checked where there is no server. */
#include "base/words.h"
#include "evidence/verify.h"
#include "main/command.h"

#include <stdio.h>

/* What the chain cannot vouch for: whoever can write a pack can write that, too. */
static void tell_limits(struct arena *a, const struct evidence_verdict *v)
{
    printf("held by the events' own hashes: each message's id and status, what the events say, and "
           "%s\n",
           count_words(a, v->held, "file", "files"));
    printf("held by the manifest alone: summary.pdf and all else in message.json (names, "
           "addresses, amounts, notes)\n");
    if (v->loose_count)
        printf("held by the manifest alone: %s: %s%s\n",
               count_words(a, v->loose_count, "file", "files"), v->loose,
               v->loose_count > EVIDENCE_LOOSE ? ", ..." : "");
    if (v->wordless)
        printf("%s no file any more\n",
               count_words(a, v->wordless, "event whose words were removed holds",
                           "events whose words were removed hold"));
}

static int verify(struct ctx *c, int argc, char **args)
{
    struct evidence_verdict v;
    if (argc != 1)
        return 2;
    if (evidence_verify(c, args[0], &v) != OK)
        return 1;
    if (v.sentence) {
        (void)ctx_refuse(c, ERR_CONFLICT, "%s", v.sentence);
        return 1;
    }
    printf("%s, %s, %s: all as written\n", count_words(c->arena, v.packs, "message", "messages"),
           count_words(c->arena, v.events, "event", "events"),
           count_words(c->arena, v.files, "file", "files"));
    tell_limits(c->arena, &v);
    printf("manifest %s\n", v.manifest);
    for (size_t i = 0; i < v.root_count; i++)
        printf("root of %s %s\n", v.roots[i].day, v.roots[i].root);
    if (v.root_count == 0)
        printf("under no root of a day yet\n");
    return 0;
}

const struct command evidence_commands[] = {
    { .name = "evidence verify",
      .usage = "FILE.zip",
      .help =
          "Checks an evidence pack without a server, names the first file or event that was "
          "changed, is missing or was added, and tells the roots to hold against published ones.",
      .bare = true,
      .run = verify },
    { .name = NULL },
};
