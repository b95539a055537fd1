/* What events say of files and of the message, against what the pack holds. */
#include "evidence/claims.h"

#include "base/json.h"

#include <string.h>

static const struct json_limits limits = { .depth = 32, .nodes = 1000000, .string = 16 << 20 };

/* A member of the details of events of a type (NULL: of any) that is the digest of a file. */
static const struct kind {
    const char *key, *type, *folder;
    bool words; /* of what an SMS says, of which the bytes need not be kept */
    bool ours;  /* kept only of what the server's own stand-in took */
} kinds[] = {
    { "sha256", "READY_TO_PRINT", "content/", false, false },
    { "contentDigest", "SENT", "content/", true, false },
    { "mailSha256", "SENT", "content/", false, true },
    { "photoSha256", NULL, "proofs/", false, false },
};

static bool same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

/* ---- files ---- */

/* The i-th that the manifest names, where it is of the kind; NULL. */
static struct entry *file_of(const struct claims_check *t, const struct kind *k, size_t i)
{
    struct json_object *files = json_get(t->manifest, "files");
    const char *name = json_text(json_object_array_get_idx(files, i), "name");
    if (strncmp(name, k->folder, strlen(k->folder)) != 0 || strstr(name, "/rendered."))
        return NULL;
    struct entry *e = contents_find(t->all, t->folder, name);
    return !k->words || e->words ? e : NULL;
}

static size_t count_of(const struct claims_check *t, const char *list)
{
    struct json_object *o = json_get(t->manifest, list);
    return json_object_is_type(o, json_type_array) ? json_object_array_length(o) : 0;
}

/* Marks the files that a digest is of; false: there is none, nor was one removed. */
static bool hold(const struct claims_check *t, const struct kind *k, const char *digest)
{
    bool held = false;
    for (size_t i = 0, n = count_of(t, "files"); i < n; i++) {
        struct entry *e = file_of(t, k, i);
        bool is = e && strcmp(k->words ? e->words : e->sha256, digest) == 0;
        if (is)
            e->held = true;
        held = held || is;
    }
    for (size_t i = 0, n = k->words ? 0 : count_of(t, "removed"); i < n && !held; i++)
        held = same(
            json_text(json_object_array_get_idx(json_get(t->manifest, "removed"), i), "sha256"),
            digest);
    return held;
}

static const char *digest_told(const struct event_told *e, const struct kind *k)
{
    bool is = (!k->type || strcmp(e->type, k->type) == 0) &&
              (!k->words || same(json_text(e->detail, "channel"), "SMS")) &&
              (!k->ours || same(json_text(e->detail, "provider"), "sink"));
    return is ? json_text(e->detail, k->key) : NULL;
}

/* Of a digest that no file has: the file that stands in its place. */
static const char *instead(struct arena *a, const struct claims_check *t, const struct kind *k,
                           const struct event_told *e)
{
    for (size_t i = 0, n = count_of(t, "files"); i < n; i++) {
        const struct entry *file = file_of(t, k, i);
        if (file && !file->held && (k->words || !file->words))
            return arena_printf(a,
                                "%s was changed: it is not what event %lld of message %s (%s) "
                                "holds the digest of.",
                                file->name, e->seq, t->communication_id, e->type);
    }
    return k->words ? NULL
                    : arena_printf(a,
                                   "%s%s is missing what event %lld of message %s (%s) holds "
                                   "the digest of.",
                                   t->folder, k->folder, e->seq, t->communication_id, e->type);
}

static const char *check_files(struct arena *a, const struct claims_check *t)
{
    const size_t n = sizeof(kinds) / sizeof(kinds[0]);
    const char *found = NULL;
    bool *missed = arena_zalloc(a, t->events * n + 1, sizeof(*missed));
    for (size_t i = 0; i < t->events * n; i++) {
        const char *digest = digest_told(&t->told[i / n], &kinds[i % n]);
        missed[i] = digest && !hold(t, &kinds[i % n], digest);
    }
    for (size_t i = 0; !found && i < t->events * n; i++)
        if (missed[i])
            found = instead(a, t, &kinds[i % n], &t->told[i / n]);
    return found;
}

/* ---- the message ---- */

static const char *unlike(struct arena *a, const struct claims_check *t, const char *key,
                          const struct event_told *e)
{
    return e ? arena_printf(a,
                            "%smessage.json was changed: its %s is not that of event %lld of "
                            "message %s (%s).",
                            t->folder, key, e->seq, t->communication_id, e->type)
             : arena_printf(a, "%smessage.json was changed: no event of message %s holds its %s.",
                            t->folder, t->communication_id, key);
}

static const struct event_told *last_sent(const struct claims_check *t)
{
    for (size_t i = t->events; i-- > 0;)
        if (strcmp(t->told[i].type, "SENT") == 0 || strcmp(t->told[i].type, "READY_TO_PRINT") == 0)
            return &t->told[i];
    return NULL;
}

static const char *check_message(struct arena *a, const struct claims_check *t)
{
    const char *why;
    struct json_object *m;
    const struct entry *e = contents_find(t->all, t->folder, "message.json");
    const struct event_told *last = t->events ? &t->told[t->events - 1] : NULL;
    const struct event_told *sent = last_sent(t);
    if (!e)
        return arena_printf(a, "%smessage.json is missing.", t->folder);
    if (json_parse(a, e->text, &limits, &m, &why) != OK)
        return arena_printf(a, "%smessage.json was changed: it is no message.", t->folder);
    if (!same(json_text(m, "communicationId"), t->communication_id))
        return unlike(a, t, "communicationId", last);
    if (!same(json_text(m, "status"), last ? last->status_after : "DRAFT"))
        return unlike(a, t, "status", last);
    bool removed = sent && !sent->detail;
    if (!removed && !same(json_text(json_get(m, "content"), "digestSent"),
                          sent ? json_text(sent->detail, "contentDigest") : NULL))
        return unlike(a, t, "digestSent", sent);
    return NULL;
}

const char *claims_check(struct arena *a, const struct claims_check *t)
{
    const char *found = check_message(a, t);
    return found ? found : check_files(a, t);
}
