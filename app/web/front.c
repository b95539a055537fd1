/* libfcgi behind the front's interface. */
#include "web/front.h"

#include "base/log.h"

#include <errno.h>
#include <fastcgi.h>
#include <fcgiapp.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 1024

struct front_request {
    FCGX_Request fcgi;
    bool busy;
};

struct front {
    int socket, epoll;
    sigset_t while_waiting;
    size_t most;
    struct front_request *requests;
};

static bool address_of(const char *path, struct sockaddr_un *to)
{
    *to = (struct sockaddr_un){ .sun_family = AF_UNIX };
    if (strlen(path) >= sizeof(to->sun_path)) {
        log_error("socket_path_too_long", "path", path, NULL);
        return false;
    }
    memcpy(to->sun_path, path, strlen(path));
    return true;
}

static bool in_use(const struct sockaddr_un *address)
{
    int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool used =
        s >= 0 && connect(s, (const struct sockaddr *)(const void *)address, sizeof(*address)) == 0;
    if (s >= 0)
        close(s);
    return used;
}

int front_listen(const char *path)
{
    struct sockaddr_un address;
    if (!address_of(path, &address))
        return -1;
    if (in_use(&address)) {
        log_error("socket_in_use", "path", path, NULL);
        return -1;
    }
    struct stat there;
    if (lstat(path, &there) == 0 && !S_ISSOCK(there.st_mode)) {
        log_error("socket_path_taken", "path", path, NULL);
        return -1;
    }
    unlink(path);
    int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    mode_t before = umask(0117);
    bool good = s >= 0 &&
                bind(s, (const struct sockaddr *)(const void *)&address, sizeof(address)) == 0 &&
                listen(s, BACKLOG) == 0;
    umask(before);
    if (good)
        return s;
    log_error("socket_failed", "path", path, "error", strerror(errno), NULL);
    if (s >= 0)
        close(s);
    return -1;
}

static void front_free(void *front)
{
    struct front *f = front;
    for (size_t i = 0; i < f->most; i++)
        FCGX_Free(&f->requests[i].fcgi, 1);
    close(f->epoll);
}

struct front *front_new(struct arena *a, int socket_, size_t most)
{
    struct front *f = arena_new_of(a, struct front);
    sigset_t stops;
    f->socket = socket_;
    f->most = most;
    f->requests = arena_zalloc(a, most, sizeof(*f->requests));
    FCGX_Init();
    for (size_t i = 0; i < most; i++)
        FCGX_InitRequest(&f->requests[i].fcgi, socket_, FCGI_FAIL_ACCEPT_ON_INTR);
    sigemptyset(&stops);
    sigaddset(&stops, SIGTERM);
    sigaddset(&stops, SIGINT);
    sigprocmask(SIG_BLOCK, &stops, &f->while_waiting);
    sigdelset(&f->while_waiting, SIGTERM);
    sigdelset(&f->while_waiting, SIGINT);
    f->epoll = epoll_create1(EPOLL_CLOEXEC);
    /* Exclusive: a request wakes one idle child, not all. */
    struct epoll_event e = { .events = EPOLLIN | EPOLLEXCLUSIVE };
    if (f->epoll < 0 || epoll_ctl(f->epoll, EPOLL_CTL_ADD, socket_, &e) != 0)
        log_error("epoll_failed", "error", strerror(errno), NULL);
    arena_defer(a, front_free, f);
    return f;
}

struct front_request *front_take(struct front *f)
{
    for (size_t i = 0; i < f->most; i++) {
        struct front_request *r = &f->requests[i];
        if (r->busy)
            continue;
        if (FCGX_Accept_r(&r->fcgi) < 0)
            return NULL;
        r->busy = true;
        return r;
    }
    return NULL;
}

struct front_request *front_wait(struct front *f, volatile const int *stop)
{
    struct front_request *r = NULL;
    while (!*stop && !(r = front_take(f))) {
        struct epoll_event e;
        epoll_pwait(f->epoll, &e, 1, 1000, &f->while_waiting);
    }
    return r;
}

char **front_env(const struct front_request *r)
{
    return r->fcgi.envp;
}

size_t front_read(void *request, char *to, size_t n)
{
    struct front_request *r = request;
    int got = FCGX_GetStr(to, n < INT_MAX ? (int)n : INT_MAX, r->fcgi.in);
    return got > 0 ? (size_t)got : 0;
}

#define RECORD_MAX ((size_t)65528)
#define WRITE_MAX (16 * RECORD_MAX)

static bool write_pieces(int fd, struct iovec *at, int count)
{
    while (count > 0) {
        ssize_t n = writev(fd, at, count);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        while (count > 0 && (size_t)n >= at->iov_len) {
            n -= (ssize_t)at->iov_len;
            at++;
            count--;
        }
        if (count > 0) {
            at->iov_base = (char *)at->iov_base + n;
            at->iov_len -= (size_t)n;
        }
    }
    return true;
}

/* Records of stdout (FastCGI 1.0 §3.3) beside libfcgi's own stream, whose small buffer would make
   many writes of an answer: a process that is killed has sent all of it or nothing. */
static bool put_records(const struct front_request *r, const char *bytes, size_t n)
{
    unsigned char heads[WRITE_MAX / RECORD_MAX + 1][8];
    struct iovec pieces[2 * (WRITE_MAX / RECORD_MAX + 1)];
    int count = 0;
    for (size_t at = 0, i = 0; at < n; i++) {
        size_t part = n - at < RECORD_MAX ? n - at : RECORD_MAX;
        int id = r->fcgi.requestId;
        const unsigned char head[8] = { FCGI_VERSION_1,
                                        FCGI_STDOUT,
                                        (unsigned char)(id >> 8),
                                        (unsigned char)id,
                                        (unsigned char)(part >> 8),
                                        (unsigned char)part,
                                        0,
                                        0 };
        memcpy(heads[i], head, sizeof(head));
        pieces[count++] = (struct iovec){ heads[i], sizeof(head) };
        pieces[count++] = (struct iovec){ (void *)(uintptr_t)(bytes + at), part };
        at += part;
    }
    return write_pieces(r->fcgi.ipcFd, pieces, count);
}

/* libfcgi waits for the other half of the close where input is left, or where it is not told that
   the connection is somebody else's: half a millisecond each time. */
void front_finish(struct front_request *r, const char *answer, size_t n)
{
    char rest[4096];
    while (n > 0) {
        size_t part = n < WRITE_MAX ? n : WRITE_MAX;
        if (!put_records(r, answer, part))
            break; /* the reader is gone */
        answer += part;
        n -= part;
    }
    while (front_read(r, rest, sizeof(rest)) > 0)
        ;
    FCGX_Detach(&r->fcgi);
    FCGX_Finish_r(&r->fcgi);
    FCGX_Attach(&r->fcgi);
    r->busy = false;
}
