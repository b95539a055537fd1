/* Both pools over real sockets: whole FastCGI requests, many at once, and a clean end. */
#include "jobs/jobs.h"
#include "pg.h"
#include "web/web.h"

#include "base/crypto.h"
#include "base/domain.h"
#include "base/json.h"
#include "base/log.h"
#include "inbox/inbox.h"
#include "inbox/pool.h"
#include "web/domain.h"
#include "web/front.h"
#include "web/pool.h"

#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define MANY 20

static enum hook_verdict verify(const struct hook_request *r, const struct hook_account *account,
                                const char **key, struct hook_answer *answer)
{
    if (!account)
        return HOOK_REFUSE;
    *key = arena_strndup(r->arena, r->body.p, r->body.n);
    *answer =
        (struct hook_answer){ .status = 202, .content_type = "text/plain", .body = STR("kept") };
    return HOOK_KEEP;
}

static const struct hook hooks[] = {
    { .provider = "pool", .path = "/api/hooks/pool", .verify = verify, .mapper = "pool/1" },
    { .provider = NULL },
};
static const struct domain sample = { .name = "sample", .hooks = hooks };
static const struct domain *const list[] = { &web_domain, &sample, NULL };

static struct arena *arena;
static char path[] = "/tmp/track-pool.XXXXXX";

/* One FastCGI record (FastCGI 1.0 §3.3). */
static void record(struct buf *b, int type, const char *content, size_t n)
{
    const char head[] = { 1, (char)type, 0, 1, (char)(n >> 8), (char)(n & 0xff), 0, 0 };
    buf_put(b, head, sizeof(head));
    buf_put(b, content, n);
}

static void parameter(struct buf *b, const char *name, const char *value)
{
    buf_putc(b, (char)strlen(name));
    buf_putc(b, (char)strlen(value));
    buf_puts(b, name);
    buf_puts(b, value);
}

static int ask(const char *method, const char *uri, const char *body)
{
    struct buf b = buf_in(arena), params = buf_in(arena);
    struct sockaddr_un to = { .sun_family = AF_UNIX };
    memcpy(to.sun_path, path, sizeof(path));
    parameter(&params, "REQUEST_METHOD", method);
    parameter(&params, "DOCUMENT_URI", uri);
    parameter(&params, "QUERY_STRING", "");
    if (*body)
        parameter(&params, "CONTENT_LENGTH", arena_printf(arena, "%zu", strlen(body)));
    record(&b, 1, "\0\1\0\0\0\0\0\0", 8);
    record(&b, 4, params.p, params.n);
    record(&b, 4, "", 0);
    if (*body)
        record(&b, 5, body, strlen(body));
    record(&b, 5, "", 0);
    int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(s, (const struct sockaddr *)(const void *)&to, sizeof(to)), 0);
    assert_int_equal(write(s, b.p, b.n), b.n);
    return s;
}

/* The CGI text of the answer, out of its records. */
static const char *hear(int s)
{
    struct buf all = buf_in(arena), text = buf_in(arena);
    for (ssize_t n; (n = read(s, buf_room(&all, 4096), 4096)) > 0;)
        all.n += (size_t)n;
    close(s);
    buf_puts(&text, "");
    for (size_t at = 0; at + 8 <= all.n;) {
        const unsigned char *h = (const unsigned char *)all.p + at;
        size_t n = (size_t)(h[4] << 8 | h[5]);
        if (h[1] == 6)
            buf_put(&text, h + 8, n);
        at += 8 + n + h[6];
    }
    return text.p;
}

static pid_t run(int (*child)(void *, volatile const int *), void *pool)
{
    static volatile int stop;
    pid_t pid = fork();
    if (pid == 0)
        _exit(child(pool, &stop));
    return pid;
}

static void hooks_waiting_share_a_commit(void **state)
{
    (void)state;
    struct hook_pool pool = { pg_app(), front_listen(path), list };
    int s[MANY + 3];
    assert_true(pool.socket >= 0);
    for (int i = 0; i < MANY; i++)
        s[i] = ask("POST", "/api/hooks/pool", arena_printf(arena, "body %d", i));
    s[MANY] = ask("POST", "/api/hooks/none", "x");
    s[MANY + 1] = ask("POST", "/api/hooks/pool", "body 0");
    s[MANY + 2] = ask("POST", "relative", "x");
    pid_t child = run(hook_pool_run, &pool);
    for (int i = 0; i < MANY; i++) {
        const char *answer = hear(s[i]);
        if (strncmp(answer, "Status: 202 OK\r\n", 16) != 0 || !strstr(answer, "\r\n\r\nkept"))
            fail_msg("%d: %s", i, answer);
    }
    assert_non_null(strstr(hear(s[MANY]), "Status: 404"));
    assert_non_null(strstr(hear(s[MANY + 1]), "Status: 202"));
    assert_non_null(strstr(hear(s[MANY + 2]), "Status: 400"));
    assert_int_equal(pg_int("select count(*) from inbox where provider = 'pool'"), MANY);
    assert_int_equal(pg_int("select count(distinct xmin::text) from inbox"), 1);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    close(pool.socket);
}

static void pages_are_answered_and_end(void **state)
{
    struct stat st;
    (void)state;
    pg_settings()->max_requests = 3;
    struct page_pool pool = { pg_app(), front_listen(path), list };
    assert_true(pool.socket >= 0);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0660);
    assert_int_equal(front_listen(path), -1); /* it is in use */
    pid_t child = run(page_pool_run, &pool);
    for (int i = 0; i < 2; i++)
        assert_int_equal(strncmp(hear(ask("GET", "/healthz", "")), "Status: 200 OK\r\n", 16), 0);
    assert_non_null(strstr(hear(ask("POST", "/healthz", "unread body")), "Status: 405"));
    int status;
    waitpid(child, &status, 0);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    close(pool.socket);
}

/* A path that was mistyped costs nobody a file. */
static void only_sockets_are_taken_away(void **state)
{
    (void)state;
    char file[] = "/tmp/track-pool-file.XXXXXX";
    int fd = mkstemp(file);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(front_listen(file), -1);
    assert_int_equal(access(file, F_OK), 0);
    unlink(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hooks_waiting_share_a_commit),
        cmocka_unit_test(pages_are_answered_and_end),
        cmocka_unit_test(only_sockets_are_taken_away),
    };
    pg_start("web_pools");
    arena = arena_new((size_t)16 << 20);
    close(mkstemp(path));
    unlink(path);
    pg_sql("insert into provider_accounts (tenant_id, provider, name) values ('%s', 'pool', 'x')",
           pg_tenant());
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    arena_free(arena);
    return pg_end(failed);
}
