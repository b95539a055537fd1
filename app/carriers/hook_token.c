/* Tokens in the addresses of carriers' hooks. */
#include "carriers/hook_token.h"

#include <string.h>

#define LETTERS 33
#define FAIR (256 / LETTERS * LETTERS) /* bytes below it fall on all letters alike */

static const char letters[LETTERS + 1] = "abcdefghijlmnopqtuvwxyz0123456789";

const char *hook_token_new(struct app *app, struct arena *a)
{
    char token[HOOK_TOKEN_LENGTH + 1] = "";
    for (size_t n = 0; n < HOOK_TOKEN_LENGTH;) {
        unsigned char chance;
        app->random_bytes(app, &chance, 1);
        if (chance < FAIR)
            token[n++] = letters[chance % LETTERS];
    }
    return arena_strdup(a, token);
}

bool hook_token_valid(const char *text)
{
    return strlen(text) == HOOK_TOKEN_LENGTH && strspn(text, letters) == HOOK_TOKEN_LENGTH;
}

bool hook_address_allowed(const char *address)
{
    return !strcasestr(address, "sr") && !strcasestr(address, "kr") &&
           !strcasestr(address, "shiprocket") && !strcasestr(address, "kartrocket");
}
