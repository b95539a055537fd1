/* What proves the sender of a webhook that signs nothing: a secret it sends along. */
#include "inbox/inbox.h"

#include "base/crypto.h"
#include "base/json.h"

#include <string.h>
#include <strings.h>

#define SCHEME "Bearer "

const char *hook_header(const struct hook_request *r, const char *name)
{
    for (const char *const *h = r->headers; h && *h; h += 2)
        if (strcmp(h[0], name) == 0)
            return h[1];
    return NULL;
}

const char *hook_bearer(const struct hook_request *r)
{
    const char *given = hook_header(r, "authorization");
    if (!given || strncasecmp(given, SCHEME, sizeof(SCHEME) - 1) != 0)
        return NULL;
    given += sizeof(SCHEME) - 1;
    return given + strspn(given, " ");
}

bool hook_knows(const struct hook_request *r, const struct hook_account *account, const char *name,
                const char *given)
{
    const char *const names[] = { name, arena_printf(r->arena, "%sBefore", name) };
    bool good = false;
    for (size_t i = 0; given && i < sizeof(names) / sizeof(names[0]); i++) {
        const char *secret = json_text(account->secrets, names[i]);
        if (secret && *secret)
            good |= ct_equal(str_of(given), str_of(secret));
    }
    return good;
}

enum hook_verdict hook_probe(const struct hook_request *r, struct hook_answer *answer)
{
    if (strcmp(r->method, "POST") == 0)
        return HOOK_REFUSE;
    *answer = (struct hook_answer){ .status = strcmp(r->method, "HEAD") == 0 ? 200 : 405 };
    return HOOK_ANSWER;
}
