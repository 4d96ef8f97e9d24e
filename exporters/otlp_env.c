#include "exporters/otlp_env.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/utf8.h"

static void warn(const struct export_config *c, struct arena *a, const char *name,
                 const char *why)
{
    if (c->warn)
        c->warn(arena_printf(a, "%s %s", name, why));
}

/* NULL: not set. */
static const char *get(const struct export_config *c, const char *name)
{
    const char *value = c->env(name);

    return value && *value ? value : NULL;
}

/* A whole number of at least `least`; *v stays as it is where there is none. */
static void number(const struct export_config *c, struct arena *a, const char *name,
                   int64_t least, int64_t *v)
{
    const char *text = get(c, name);
    char *end;
    long long n;

    if (!text)
        return;
    errno = 0;
    n = strtoll(text, &end, 10);
    if (errno || end == text || *end || n < least)
        warn(c, a, name, "is no number that fits, and ignored");
    else
        *v = n;
}

static void milliseconds(const struct export_config *c, struct arena *a, const char *name,
                         ns_t *v)
{
    int64_t ms = *v / NS_PER_MS;

    number(c, a, name, 0, &ms);
    *v = ms < INT64_MAX / NS_PER_MS ? ms * NS_PER_MS : INT64_MAX;
}

/* Number of the word; `without` where there is none or one that is not known. */
static int word(const struct export_config *c, struct arena *a, const char *name,
                const char *const *words, int n, int without)
{
    const char *text = get(c, name);

    for (int i = 0; text && i < n; i++)
        if (!strcasecmp(text, words[i]))
            return i;
    if (text)
        warn(c, a, name, "has a value that is not known, and is ignored");
    return without;
}

/* --- lists -------------------------------------------------------------------------- */

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool well_formed(const char *p, size_t n)
{
    for (size_t i = 0; i < n;) {
        size_t len = utf8_length((const unsigned char *)p + i, n - i);

        if (!len || !p[i])
            return false;
        i += len;
    }
    return true;
}

/* NULL where an escape is broken, or what it stands for is no text. */
static char *decode(struct arena *a, struct str s, bool escapes)
{
    char *out = arena_alloc(a, s.n + 1);
    size_t n = 0;

    for (size_t i = 0; i < s.n; i++, n++) {
        out[n] = s.p[i];
        if (!escapes || s.p[i] != '%')
            continue;
        if (i + 2 >= s.n || hex(s.p[i + 1]) < 0 || hex(s.p[i + 2]) < 0)
            return NULL;
        out[n] = (char)(hex(s.p[i + 1]) << 4 | hex(s.p[i + 2]));
        i += 2;
    }
    out[n] = '\0';
    return well_formed(out, n) ? out : NULL;
}

static int pair(struct str item, bool keys, struct arena *a, struct otlp_pair *p)
{
    const char *equals = memchr(item.p, '=', item.n);
    struct str key, value;

    if (!equals)
        return -1;
    key = str_trim((struct str){ item.p, (size_t)(equals - item.p) });
    value = str_trim((struct str){ equals + 1, (size_t)(item.p + item.n - equals - 1) });
    p->key = key.n ? decode(a, key, keys) : NULL;
    p->value = memchr(value.p, '=', value.n) && keys ? NULL : decode(a, value, true);
    return p->key && p->value ? 0 : -1;
}

int otlp_env_pairs(const char *text, bool keys, struct arena *arena,
                   struct otlp_pair **pairs, size_t *n)
{
    size_t most = 1;

    for (const char *p = text; *p; p++)
        most += *p == ',';
    *pairs = arena_alloc(arena, most * sizeof(**pairs));
    for (*n = 0; *text;) {
        size_t len = strcspn(text, ",");
        struct str item = str_trim((struct str){ text, len });

        if (item.n && pair(item, keys, arena, &(*pairs)[(*n)++]))
            return -1;
        text += len + (text[len] == ',');
    }
    return 0;
}

/* --- what the exporter itself wants to know ----------------------------------------- */

static bool wanted(const struct export_config *c, struct arena *a, const char *name)
{
    static const char *const words[] = { "none", "otlp" };

    return word(c, a, name, words, 2, 1) == 1;
}

static void read_resource(struct otlp_env *env, const struct export_config *c,
                          struct arena *a)
{
    const char *text = get(c, "OTEL_RESOURCE_ATTRIBUTES");
    struct otlp_pair *pairs = NULL;
    size_t n = 0;

    env->service_name = get(c, "OTEL_SERVICE_NAME");
    if (text && otlp_env_pairs(text, true, a, &pairs, &n)) {
        warn(c, a, "OTEL_RESOURCE_ATTRIBUTES",
             "is damaged (key=value,..., percent escapes) and all of it ignored");
        n = 0;
    }
    env->attributes = pairs;
    env->n_attributes = n;
}

static void read_metrics(struct otlp_env *env, const struct export_config *c,
                         struct arena *a)
{
    static const char *const temporalities[] = { "cumulative", "delta", "lowmemory" };
    static const char *const aggregations[] = { "explicit_bucket_histogram",
                                                "base2_exponential_bucket_histogram" };
    static const char *const filters[] = { "always_off", "always_on", "trace_based" };

    env->temporality = (enum otlp_temporality)word(
        c, a, "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", temporalities, 3, 0);
    env->exponential =
        word(c, a, "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION", aggregations,
             2, 0) == 1;
    env->exemplars = word(c, a, "OTEL_METRICS_EXEMPLAR_FILTER", filters, 3, 2) != 0;
    milliseconds(c, a, "OTEL_METRIC_EXPORT_INTERVAL", &env->interval);
}

/* A share of traces; the parent-based samplers are the same, since a run has no parent. */
static void read_sampler(struct otlp_env *env, const struct export_config *c,
                         struct arena *a)
{
    static const char *const samplers[] = { "always_on",
                                            "always_off",
                                            "traceidratio",
                                            "parentbased_always_on",
                                            "parentbased_always_off",
                                            "parentbased_traceidratio" };
    int sampler = word(c, a, "OTEL_TRACES_SAMPLER", samplers, 6, 0);
    const char *text = get(c, "OTEL_TRACES_SAMPLER_ARG");
    char *end;
    double share;

    env->share = sampler % 3 == 1 ? 0 : 1;
    if (sampler % 3 != 2 || !text)
        return;
    share = strtod(text, &end);
    if (end == text || *end || !(share >= 0 && share <= 1))
        warn(c, a, "OTEL_TRACES_SAMPLER_ARG", "is no share from 0 to 1, and ignored");
    else
        env->share = share;
}

static size_t at_most(const struct export_config *c, struct arena *a, const char *name,
                      size_t most)
{
    int64_t v = (int64_t)most;

    number(c, a, name, 1, &v);
    return (size_t)(v < (int64_t)most ? v : (int64_t)most);
}

void otlp_env_read(struct otlp_env *env, const struct export_config *c, struct arena *a)
{
    const char *disabled = get(c, "OTEL_SDK_DISABLED");

    *env = (struct otlp_env){
        .disabled = disabled && !strcasecmp(disabled, "true"),
        .interval = 10 * NS_PER_S,
        .batch_delay = NS_PER_S,
        .log_delay = NS_PER_S,
    };
    env->signal[EXPORT_TRACES] = wanted(c, a, "OTEL_TRACES_EXPORTER");
    env->signal[EXPORT_METRICS] = wanted(c, a, "OTEL_METRICS_EXPORTER");
    env->signal[EXPORT_LOGS] = wanted(c, a, "OTEL_LOGS_EXPORTER");
    read_resource(env, c, a);
    read_metrics(env, c, a);
    read_sampler(env, c, a);
    milliseconds(c, a, "OTEL_BSP_SCHEDULE_DELAY", &env->batch_delay);
    milliseconds(c, a, "OTEL_BLRP_SCHEDULE_DELAY", &env->log_delay);
    env->batch_spans = at_most(c, a, "OTEL_BSP_MAX_EXPORT_BATCH_SIZE", 512);
    env->log_records = at_most(c, a, "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE", 512);
    env->max_text = at_most(c, a, "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", 1024);
    env->max_events = at_most(c, a, "OTEL_SPAN_EVENT_COUNT_LIMIT", 128);
    if (get(c, "OTEL_CONFIG_FILE"))
        warn(c, a, "OTEL_CONFIG_FILE", "is not read");
}

/* --- where it goes ------------------------------------------------------------------ */

static const char *const signal_words[N_EXPORT_SIGNALS] = { "", "TRACES", "METRICS",
                                                            "LOGS" };

/* OTEL_EXPORTER_OTLP_<SIGNAL>_<what>, else the general one. */
static const char *of_signal(const struct export_config *c, enum export_signal signal,
                             const char *what, struct arena *a, const char **name)
{
    const char *value;

    *name = arena_printf(a, "OTEL_EXPORTER_OTLP_%s_%s", signal_words[signal], what);
    value = get(c, *name);
    if (value)
        return value;
    *name = arena_printf(a, "OTEL_EXPORTER_OTLP_%s", what);
    return get(c, *name);
}

static bool has_path(const char *url)
{
    const char *host = strstr(url, "://");

    return strchr(host ? host + 3 : url, '/');
}

const char *otlp_env_url(const char *own, const char *general, enum export_signal signal,
                         struct arena *arena)
{
    size_t n;

    if (own)
        return has_path(own) ? own : arena_printf(arena, "%s/", own);
    n = strlen(general);
    return arena_printf(arena, "%s%sv1/%s", general, n && general[n - 1] == '/' ? "" : "/",
                        export_signal_names[signal]);
}

/* Pairs as header lines; what is no header is left out and warned of. */
static size_t add_headers(const struct export_config *c, struct arena *a, const char *name,
                          struct otlp_pair *into, size_t n)
{
    const char *text = get(c, name);
    struct otlp_pair *pairs;
    size_t more;

    if (!text)
        return n;
    if (otlp_env_pairs(text, false, a, &pairs, &more)) {
        warn(c, a, name, "is damaged (name=value,..., percent escapes) and ignored");
        return n;
    }
    for (size_t i = 0; i < more; i++) {
        size_t at = 0;

        if (strpbrk(pairs[i].value, "\r\n") || strpbrk(pairs[i].key, " \t\r\n:")) {
            warn(c, a, name, "has a header that cannot be sent");
            continue;
        }
        while (at < n && strcasecmp(into[at].key, pairs[i].key))
            at++;
        into[at] = pairs[i];
        n += at == n;
    }
    return n;
}

static size_t most_pairs(const struct export_config *c, const char *name)
{
    const char *text = get(c, name);
    size_t n = 1;

    for (; text && *text; text++)
        n += *text == ',';
    return n;
}

/* The signal's headers win over the general ones; both are sent. */
static void read_headers(const struct export_config *c, enum export_signal signal,
                         struct arena *a, struct export_endpoint *e)
{
    const char *own =
        arena_printf(a, "OTEL_EXPORTER_OTLP_%s_HEADERS", signal_words[signal]);
    const char *general = "OTEL_EXPORTER_OTLP_HEADERS";
    size_t most = most_pairs(c, own) + most_pairs(c, general);
    struct otlp_pair *pairs = arena_alloc(a, most * sizeof(*pairs));
    const char **lines = arena_alloc(a, most * sizeof(*lines));

    e->n_headers = add_headers(c, a, general, pairs, 0);
    e->n_headers = add_headers(c, a, own, pairs, e->n_headers);
    for (size_t i = 0; i < e->n_headers; i++)
        lines[i] = *pairs[i].value ? arena_printf(a, "%s: %s", pairs[i].key, pairs[i].value)
                                   : arena_printf(a, "%s;", pairs[i].key);
    e->headers = lines;
}

static void check_protocol(const struct export_config *c, enum export_signal signal,
                           struct arena *a)
{
    const char *name;
    const char *value = of_signal(c, signal, "PROTOCOL", a, &name);

    if (value && strcasecmp(value, "http/protobuf"))
        warn(c, a, name, "is ignored: only http/protobuf is spoken");
}

static void read_how(const struct export_config *c, enum export_signal signal,
                     struct arena *a, struct export_endpoint *e)
{
    static const char *const words[] = { "none", "gzip" };
    const char *name;
    int64_t ms = 10000;

    of_signal(c, signal, "COMPRESSION", a, &name);
    e->gzip = word(c, a, name, words, 2, 0) == 1;
    of_signal(c, signal, "TIMEOUT", a, &name);
    number(c, a, name, 0, &ms);
    e->timeout = !ms ? NS_ABSENT : ms < 86400000 ? ms * NS_PER_MS : 86400 * NS_PER_S;
    e->ca = of_signal(c, signal, "CERTIFICATE", a, &name);
    e->key = of_signal(c, signal, "CLIENT_KEY", a, &name);
    e->certificate = of_signal(c, signal, "CLIENT_CERTIFICATE", a, &name);
}

int otlp_env_endpoint(const struct export_config *c, const char *base,
                      enum export_signal signal, struct arena *a, struct export_endpoint *e,
                      struct err *err)
{
    const char *own =
        arena_printf(a, "OTEL_EXPORTER_OTLP_%s_ENDPOINT", signal_words[signal]);
    const char *general = get(c, "OTEL_EXPORTER_OTLP_ENDPOINT");

    *e = (struct export_endpoint){ .content_type = "application/x-protobuf" };
    if (base)
        general = base;
    else if (!general)
        general = "http://localhost:4318";
    e->url = otlp_env_url(base ? NULL : get(c, own), general, signal, a);
    if (strncasecmp(e->url, "http://", 7) && strncasecmp(e->url, "https://", 8))
        return err_set(err, ERR_USAGE,
                       "%s: an endpoint of OTLP begins with http:// or https://",
                       base ? base : "OTEL_EXPORTER_OTLP_ENDPOINT");
    check_protocol(c, signal, a);
    read_headers(c, signal, a, e);
    read_how(c, signal, a, e);
    return 0;
}
