#include "exporters/exporter.h"

#include <ctype.h>
#include <string.h>

#include "data/nearest.h"
#include "exporters/kinds.h"

const struct exporter *const exporters[] = {
    &export_otlp,     &export_prometheus, &export_csv,
    &export_attempts, &export_json,       &export_hlog,
    &export_hgrm,     &export_perfetto,   NULL,
};

const char *const export_signal_names[N_EXPORT_SIGNALS] = { "file", "traces", "metrics",
                                                            "logs" };

const char *export_setting(const struct export_config *c, const char *name)
{
    for (size_t i = c->n_settings; i-- > 0;)
        if (!strcmp(c->settings[i].name, name))
            return c->settings[i].value;
    return NULL;
}

static int find_kind(struct export_spec *s, struct str name, struct err *err)
{
    struct nearest near = nearest_to(name);

    for (size_t i = 0; exporters[i]; i++) {
        if (str_is(name, exporters[i]->name)) {
            s->kind = exporters[i];
            return 0;
        }
        nearest_try(&near, exporters[i]->name);
    }
    err_set(err, ERR_USAGE, "no exporter \"%.*s\"; `tokdyno export --list` lists them",
            (int)name.n, name.p);
    return nearest_hint(&near, err);
}

static int check_option(const struct exporter *kind, const char *name, struct err *err)
{
    struct nearest near = nearest_to(str_of(name));

    for (const struct export_option *o = kind->options; o && o->name; o++) {
        if (!strcmp(o->name, name))
            return 0;
        nearest_try(&near, o->name);
    }
    err_set(err, ERR_USAGE, "exporter %s has no option \"%s\"", kind->name, name);
    return nearest_hint(&near, err);
}

/* Where in text the last ",name=value" begins; NULL: there is none. */
static char *last_option(char *text)
{
    char *comma = strrchr(text, ',');
    char *p = comma;

    if (!comma)
        return NULL;
    while (isalnum((unsigned char)*++p) || *p == '_')
        ;
    return *p == '=' && p > comma + 1 ? comma : NULL;
}

static int take_options(struct export_spec *s, char *text, struct arena *arena,
                        struct err *err)
{
    size_t most = 1;
    char *option;

    for (const char *p = text; *p; p++)
        most += *p == ',';
    s->settings = arena_alloc(arena, most * sizeof(*s->settings));
    while ((option = last_option(text))) {
        char *equals = strchr(option, '=');

        *option = *equals = '\0';
        if (check_option(s->kind, option + 1, err))
            return -1;
        s->settings[s->n_settings++] = (struct export_setting){ option + 1, equals + 1 };
    }
    return 0;
}

static bool is_url(const char *where)
{
    return !strncmp(where, "http://", 7) || !strncmp(where, "https://", 8);
}

/* [HOST]:PORT */
static bool is_port(const char *where)
{
    const char *colon = strrchr(where, ':');

    return colon && colon[1] && !strchr(where, '/') &&
           strspn(colon + 1, "0123456789") == strlen(colon + 1);
}

static int read_place(struct export_spec *s, struct err *err)
{
    const char *scheme = strstr(s->where, "://");

    if (!*s->where)
        return err_set(err, ERR_USAGE, "%s=: where to? a path, - or a URL", s->kind->name);
    s->place = !strcmp(s->where, "-") ? PLACE_STDOUT
               : is_url(s->where)     ? PLACE_URL
               : is_port(s->where)    ? PLACE_SCRAPE
                                      : PLACE_FILE;
    if (s->place == PLACE_FILE && scheme)
        return err_set(err, ERR_USAGE, "%s=%s: only http:// and https:// can be posted to",
                       s->kind->name, s->where);
    if (s->place == PLACE_SCRAPE && !s->kind->page)
        return err_set(err, ERR_USAGE,
                       "%s=%s: %s cannot be scraped; give a path, - or a URL",
                       s->kind->name, s->where, s->kind->name);
    if (s->place == PLACE_STDOUT && s->kind->signals)
        return err_set(err, ERR_USAGE,
                       "%s=-: traces, metrics and logs do not go into one stream; give a "
                       "path, to which their names are added, or a URL",
                       s->kind->name);
    return 0;
}

int export_spec_read(struct export_spec *s, const char *text, struct arena *arena,
                     struct err *err)
{
    size_t n = strcspn(text, "=,");
    char *rest = arena_strdup(arena, text + n);

    *s = (struct export_spec){ 0 };
    if (find_kind(s, (struct str){ text, n }, err) || take_options(s, rest, arena, err))
        return -1;
    if (*rest == ',')
        return err_set(err, ERR_USAGE, "%s: expected NAME=VALUE behind the comma", text);
    if (!*rest)
        return 0;
    s->where = rest + 1;
    return read_place(s, err);
}

void export_list(struct buf *out)
{
    for (size_t i = 0; exporters[i]; i++) {
        const struct exporter *x = exporters[i];

        buf_printf(out, "%-11s %s\n", x->name, x->help);
        if (x->file)
            buf_printf(out, "%-11s   by default %s in the run directory\n", "", x->file);
        for (const struct export_option *o = x->options; o && o->name; o++)
            buf_printf(out, "%-11s   ,%s=%s  %s\n", "", o->name, o->values, o->help);
    }
}
