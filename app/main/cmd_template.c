/* trackctl render: a template with its data, for those who write templates. */
#include "base/json.h"
#include "main/command.h"
#include "mustache/mustache.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct json_limits limits = { .depth = 64, .nodes = 1000000, .string = 1 << 24 };

static void close_file(void *f)
{
    fclose(f);
}

static enum err read_all(struct ctx *c, const char *path, struct str *out)
{
    struct buf b = buf_in(c->arena);
    FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    if (!f)
        return ctx_refuse(c, ERR_NOT_FOUND, "cannot read %s: %s", path, strerror(errno));
    if (f != stdin)
        arena_defer(c->arena, close_file, f);
    size_t n;
    do {
        n = fread(buf_room(&b, 65536), 1, 65536, f);
        b.n += n;
    } while (n == 65536);
    *out = buf_str(&b);
    return ferror(f) ? ctx_refuse(c, ERR_INTERNAL, "cannot read %s", path) : OK;
}

static enum err read_data(struct ctx *c, const char *path, struct json_object **data)
{
    struct str text = { NULL, 0 };
    const char *why;
    enum err e = read_all(c, path, &text);
    if (!e && json_parse(c->arena, text, &limits, data, &why))
        e = ctx_refuse(c, ERR_INVALID, "%s: %s", path, why);
    return e;
}

/* "x.mustache" is a file, whose partials lie beside it; else a name of the template folder. */
static enum err render_template(struct ctx *c, char *name, struct json_object *data, struct buf *to)
{
    const char *why = NULL;
    char *dot = strrchr(name, '.');
    const char *dir = "templates";
    if (dot && strcmp(dot, ".mustache") == 0) {
        *dot = '\0';
        dir = dirname(arena_strdup(c->arena, name));
        name = basename(name);
    }
    enum err e = template_render(templates_open(c->arena, dir, false), name, data, to, &why);
    return e ? ctx_refuse(c, e, "%s", why) : OK;
}

static int render(struct ctx *c, int argc, char **args)
{
    struct json_object *data;
    struct buf out = buf_in(c->arena);
    if (argc != 2)
        return 2;
    if (read_data(c, args[1], &data) || render_template(c, args[0], data, &out))
        return 1;
    fwrite(out.p, 1, out.n, stdout);
    return fflush(stdout) ? 1 : 0;
}

const struct command template_commands[] = {
    { .name = "render",
      .usage = "TEMPLATE DATA.json",
      .bare = true,
      .run = render,
      .help = "renders a template (a .mustache file, or a name below templates/) with data" },
    { 0 },
};
