/* Children that read what strangers made: limits, a filter of system calls, and a clock. */
#include "paper/pdf_child.h"

#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ANSWER_MAX ((size_t)16 << 20)
#define WORK_ARENA ((size_t)1 << 30)

/* Exit status of the child. */
enum { DONE = 0, FAILED = 3, NOT_CONFINED = 4 };

/* ---- in the child ---- */

/* Memory of this process in bytes, as RLIMIT_AS counts it. */
static size_t mapped(void)
{
    unsigned long pages = 0;
    FILE *f = fopen("/proc/self/statm", "re");
    if (f) {
        if (fscanf(f, "%lu", &pages) != 1)
            pages = 0;
        fclose(f);
    }
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

/* Never more than the caller may itself. */
static bool limit(__rlimit_resource_t what, size_t value)
{
    struct rlimit r;
    if (getrlimit(what, &r) != 0)
        return false;
    r.rlim_max = r.rlim_max < value ? r.rlim_max : value;
    r.rlim_cur = r.rlim_max;
    return setrlimit(what, &r) == 0;
}

static bool limit_all(const struct pdf_child *k)
{
    size_t now = mapped();
    return now && limit(RLIMIT_CORE, 0) && limit(RLIMIT_CPU, (size_t)k->seconds) &&
           limit(RLIMIT_FSIZE, k->file > ANSWER_MAX ? k->file : ANSWER_MAX) &&
           limit(RLIMIT_AS, now + k->memory);
}

/* Keeps the pipe as 3 and the output as 4; nothing else of the caller's stays open. */
static bool keep_files(int *pipe, int output)
{
    int null = open("/dev/null", O_RDWR);
    int kept = output >= 0 ? fcntl(output, F_DUPFD, 10) : -1;
    int answer = fcntl(*pipe, F_DUPFD, 10);
    if (null < 0 || answer < 0 || (output >= 0 && kept < 0))
        return false;
    for (int i = 0; i < 3; i++)
        if (dup2(null, i) < 0)
            return false;
    if (dup2(answer, 3) < 0 || (kept >= 0 && dup2(kept, PDF_CHILD_OUTPUT) < 0))
        return false;
    *pipe = 3;
    return close_range(kept >= 0 ? PDF_CHILD_OUTPUT + 1 : PDF_CHILD_OUTPUT, ~0U, 0) == 0;
}

/* Calls that need memory, time and open files only; what a library asks for beyond them is refused,
   and what only an attacker asks for ends the child. */
static bool confine(void)
{
    static const int allowed[] = {
        SCMP_SYS(read),
        SCMP_SYS(write),
        SCMP_SYS(pread64),
        SCMP_SYS(pwrite64),
        SCMP_SYS(writev),
        SCMP_SYS(readv),
        SCMP_SYS(lseek),
        SCMP_SYS(fstat),
        SCMP_SYS(close),
        SCMP_SYS(munmap),
        SCMP_SYS(mremap),
        SCMP_SYS(brk),
        SCMP_SYS(madvise),
        SCMP_SYS(futex),
        SCMP_SYS(exit),
        SCMP_SYS(exit_group),
        SCMP_SYS(rt_sigreturn),
        SCMP_SYS(rt_sigprocmask),
        SCMP_SYS(rt_sigaction),
        SCMP_SYS(sigaltstack),
        SCMP_SYS(getpid),
        SCMP_SYS(gettid),
        SCMP_SYS(tgkill),
        SCMP_SYS(clock_gettime),
        SCMP_SYS(gettimeofday),
        SCMP_SYS(time),
        SCMP_SYS(getrandom),
        SCMP_SYS(sched_yield),
        SCMP_SYS(restart_syscall),
        SCMP_SYS(ftruncate),
    };
    static const int refused[] = { SCMP_SYS(openat), SCMP_SYS(open),      SCMP_SYS(newfstatat),
                                   SCMP_SYS(statx),  SCMP_SYS(readlink),  SCMP_SYS(readlinkat),
                                   SCMP_SYS(ioctl),  SCMP_SYS(fcntl),     SCMP_SYS(prlimit64),
                                   SCMP_SYS(access), SCMP_SYS(faccessat), SCMP_SYS(getcwd) };
    static const int mapping[] = { SCMP_SYS(mmap), SCMP_SYS(mprotect) };
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    bool good = filter != NULL;
    for (size_t i = 0; good && i < sizeof allowed / sizeof *allowed; i++)
        good = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0) == 0;
    for (size_t i = 0; good && i < sizeof refused / sizeof *refused; i++)
        good = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EACCES), refused[i], 0) == 0;
    for (size_t i = 0; good && i < sizeof mapping / sizeof *mapping; i++)
        good = seccomp_rule_add(filter, SCMP_ACT_ALLOW, mapping[i], 1,
                                SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) == 0;
    good = good && seccomp_load(filter) == 0;
    if (filter)
        seccomp_release(filter);
    return good;
}

static void write_all(int to, const char *bytes, size_t n)
{
    for (ssize_t done; n > 0; bytes += done, n -= (size_t)done)
        if ((done = write(to, bytes, n)) <= 0)
            _exit(FAILED);
}

static void reset_signals(void)
{
    for (int i = 1; i < NSIG; i++)
        signal(i, SIG_DFL);
    signal(SIGPIPE, SIG_IGN);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static _Noreturn void child_main(const struct pdf_child *k, int pipe, pid_t parent)
{
    reset_signals();
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent || !keep_files(&pipe, k->output))
        _exit(NOT_CONFINED);
    struct arena *a = arena_new(WORK_ARENA);
    struct buf answer = buf_in(a);
    if (k->prepare)
        k->prepare(k->of);
    if (!limit_all(k) || (k->confined && !confine()))
        _exit(NOT_CONFINED);
    bool good = k->work(k->of, &answer);
    write_all(pipe, answer.p ? answer.p : "", answer.n);
    _exit(good ? DONE : FAILED);
}

/* ---- in the caller ---- */

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Reads until the child closes the pipe. False: too late or too much. */
static bool read_answer(int from, int64_t deadline, struct buf *to)
{
    for (;;) {
        int64_t left = deadline - now_ms();
        struct pollfd p = { .fd = from, .events = POLLIN };
        int ready = left > 0 ? poll(&p, 1, (int)left) : 0;
        if (ready < 0 && errno == EINTR)
            continue;
        if (ready <= 0 || to->n > ANSWER_MAX)
            return false;
        ssize_t n = read(from, buf_room(to, 65536), 65536);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n == 0;
        to->n += (size_t)n;
        to->p[to->n] = '\0';
    }
}

/* *cpu_ms: how long it had a processor. */
static int reap(pid_t pid, int64_t *cpu_ms)
{
    int status = 0;
    struct rusage used = { .ru_utime = { 0, 0 } };
    while (wait4(pid, &status, 0, &used) < 0 && errno == EINTR)
        ;
    *cpu_ms = (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * (int64_t)1000 +
              (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1000;
    return status;
}

static enum err judge(int status, bool in_time, enum pdf_child_fate *fate)
{
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    int signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    if (in_time && code == DONE)
        return OK;
    if (in_time && code == NOT_CONFINED) {
        log_error("child_not_confined", NULL);
        return ERR_INTERNAL;
    }
    *fate = !in_time || signal == SIGXCPU || signal == SIGKILL ? CHILD_TOO_LONG
            : signal == SIGXFSZ                                ? CHILD_TOO_LARGE
            : code == FAILED                                   ? CHILD_FAILED
                                                               : CHILD_CRASHED;
    return ERR_INVALID;
}

enum err pdf_child_start(const struct pdf_child *child, struct pdf_running *out)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return ERR_RETRY;
    pid_t parent = getpid(), pid = fork();
    if (pid == 0)
        child_main(child, ends[1], parent);
    close(ends[1]);
    if (pid < 0)
        close(ends[0]);
    *out = (struct pdf_running){ pid, ends[0], now_ms() + (int64_t)child->seconds * 1000, *child };
    return pid < 0 ? ERR_RETRY : OK;
}

/* It stood still for most of its time, which says nothing of the file. */
static bool stood_still(const struct pdf_running *running, enum pdf_child_fate fate, int64_t cpu_ms)
{
    return fate == CHILD_TOO_LONG && cpu_ms < running->child.seconds * (int64_t)500;
}

static enum err start_again(struct pdf_running *running, int64_t cpu_ms)
{
    const struct pdf_child child = running->child;
    log_warn("child_stood_still", "cpuMs", NUM(cpu_ms), NULL);
    if (child.output >= 0 && (ftruncate(child.output, 0) || lseek(child.output, 0, SEEK_SET)))
        return ERR_RETRY;
    return pdf_child_start(&child, running);
}

enum err pdf_child_end(struct ctx *c, const struct pdf_running *child, struct str *answer,
                       enum pdf_child_fate *fate)
{
    struct pdf_running running = *child;
    for (bool again = true;; again = false) {
        struct buf b = buf_in(c->arena);
        int64_t cpu_ms;
        bool in_time = read_answer(running.pipe, running.deadline, &b);
        close(running.pipe);
        if (!in_time)
            kill(running.pid, SIGKILL);
        enum err e = judge(reap(running.pid, &cpu_ms), in_time, fate);
        *answer = buf_str(&b);
        if (e != ERR_INVALID || !again || !stood_still(&running, *fate, cpu_ms))
            return e;
        e = start_again(&running, cpu_ms);
        if (e)
            return e;
    }
}

enum err pdf_child_run(struct ctx *c, const struct pdf_child *child, struct str *answer,
                       enum pdf_child_fate *fate)
{
    struct pdf_running running;
    enum err e = pdf_child_start(child, &running);
    return e ? e : pdf_child_end(c, &running, answer, fate);
}
