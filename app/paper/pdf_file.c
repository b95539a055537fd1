/* Files without a name: what is too large for memory. */
#include "paper/pdf.h"

#include "base/settings.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct mapping {
    void *at;
    size_t size;
};

static void unmap(void *of)
{
    struct mapping *m = of;
    munmap(m->at, m->size);
}

enum err pdf_map(struct ctx *c, int file, struct str *out)
{
    struct stat s;
    if (fstat(file, &s) != 0 || s.st_size <= 0)
        return ERR_RETRY;
    struct mapping *m = arena_new_of(c->arena, struct mapping);
    m->size = (size_t)s.st_size;
    m->at = mmap(NULL, m->size, PROT_READ, MAP_PRIVATE, file, 0);
    if (m->at == MAP_FAILED)
        return ERR_RETRY;
    arena_defer(c->arena, unmap, m);
    *out = (struct str){ m->at, m->size };
    return OK;
}

int pdf_temporary(const struct ctx *c)
{
    const struct settings *s = c->app->settings;
    const char *folder = s && s->store_dir ? s->store_dir : "/tmp";
    int file = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (file >= 0)
        return file;
    char *name = arena_printf(c->arena, "%s/print-XXXXXX", folder); /* NFS knows no O_TMPFILE */
    if ((file = mkostemp(name, O_CLOEXEC)) >= 0)
        unlink(name);
    return file;
}
