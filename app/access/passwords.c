/* Passwords: argon2id hashes, few at a time, and the rules for those that people choose. */
#include "access/private.h"

#include "base/crypto.h"
#include "base/settings.h"

#include <ctype.h>
#include <fcntl.h>
#include <sodium.h>
#include <unistd.h>

#define OPSLIMIT 2
#define TURNS 2
#define TRIES 20
#define TRY_MS 50

/* Words that make a bad password however many digits and signs are put around them. */
static const char *const words[] = {
    "",           "admin",        "administrator",    "changeme", "iloveyou",
    "letmein",    "password",     "passwordpassword", "passwort", "qwerty",
    "qwertyuiop", "qwertz",       "qwertzuiop",       "secret",   "geheim",
    "track",      "tracking",     "trackcenter",      "user",     "welcome",
    "willkommen", "abcdefghijkl", "motdepasse",       "bonjour",
};

static size_t memory(const struct ctx *c)
{
    return (size_t)c->app->settings->argon_mib << 20;
}

/* A lock on one byte of a file, given back by the kernel if the process dies. Without a folder for
   the file there is no limit. */
static enum err turn_take(struct ctx *c, int *fd)
{
    const char *dir = c->app->settings->store_dir;
    *fd = -1;
    if (!dir)
        return OK;
    *fd = open(arena_printf(c->arena, "%s/hashing.lock", dir), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    for (int i = 0; *fd >= 0 && i < TRIES * TURNS; i++) {
        struct flock l = {
            .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = i % TURNS, .l_len = 1
        };
        if (fcntl(*fd, F_OFD_SETLK, &l) == 0)
            return OK;
        if (i % TURNS == TURNS - 1)
            usleep(TRY_MS * 1000);
    }
    if (*fd < 0)
        return OK;
    close(*fd);
    c->problem.retry_after = 2;
    return ctx_refuse(c, ERR_LIMITED, "Too many people are signing in just now.");
}

static void turn_give(int fd)
{
    if (fd >= 0)
        close(fd);
}

enum err password_hash(struct ctx *c, const char *password, const char **out)
{
    char *text = arena_alloc(c->arena, crypto_pwhash_STRBYTES);
    int fd;
    enum err e = turn_take(c, &fd);
    if (e)
        return e;
    int failed = crypto_pwhash_str(text, password, strlen(password), OPSLIMIT, memory(c));
    turn_give(fd);
    if (failed)
        return ctx_refuse(c, ERR_RETRY, "Not enough memory to hash a password.");
    *out = text;
    return OK;
}

/* The hash of no password, as dear to check as those of users. */
static const char *nobody(struct ctx *c)
{
    return arena_printf(c->arena, "$argon2id$v=19$m=%zu,t=%d,p=1$%s$%s", memory(c) / 1024, OPSLIMIT,
                        "bm8gdXNlcidzIHNhbHQgIQ", "bm8gcGFzc3dvcmQgaGFzIHRoaXMgaGFzaCBvZiAzMiE");
}

enum err password_fits(struct ctx *c, const char *hash, const char *password, bool *fits,
                       bool *stale)
{
    const char *against = hash ? hash : nobody(c);
    int fd;
    enum err e = turn_take(c, &fd);
    if (e)
        return e;
    bool right = crypto_pwhash_str_verify(against, password, strlen(password)) == 0;
    turn_give(fd);
    *fits = right && hash;
    *stale = *fits && crypto_pwhash_str_needs_rehash(against, OPSLIMIT, memory(c)) != 0;
    return OK;
}

static bool is_word(struct arena *a, const char *password)
{
    struct buf letters = buf_in(a);
    buf_puts(&letters, "");
    for (const char *p = password; *p; p++)
        if (isalpha((unsigned char)*p) || (unsigned char)*p >= 0x80)
            buf_putc(&letters, (char)tolower((unsigned char)*p));
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strcmp(letters.p, words[i]) == 0)
            return true;
    return false;
}

static bool is_one_character(const char *password)
{
    return strspn(password, (const char[]){ password[0], '\0' }) == strlen(password);
}

static bool holds_name(const char *password, const char *email)
{
    size_t n = strcspn(email, "@");
    return strcasecmp(password, email) == 0 ||
           (strncasecmp(password, email, n) == 0 && strlen(password) < n + 5);
}

enum err password_allowed(struct ctx *c, const char *field, const char *password, const char *email)
{
    size_t n = strlen(password);
    long least = c->app->settings->password_min_length;
    if (n < (size_t)least)
        return ctx_fault(c, field, "Use at least %ld characters.", least);
    if (n > PASSWORD_MAX)
        return ctx_fault(c, field, "Use at most %d characters.", PASSWORD_MAX);
    if (is_one_character(password) || is_word(c->arena, password) || holds_name(password, email))
        return ctx_fault(c, field, "This password is too easy to guess.");
    return OK;
}

const char *password_once(struct ctx *c)
{
    return token_new(c->app, c->arena, 16);
}
