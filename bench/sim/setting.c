#include "sim/setting.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/units.h"

struct row;
typedef int read_fn(struct setting *set, const struct row *row, const char *text,
                    struct err *err);

struct row {
    const char *name;
    const char *value;   /* what it takes, for people; "" for a switch */
    const char *initial; /* NULL: nothing is set */
    read_fn *read;
    size_t offset;
    const char *help;
};

static void *field(struct setting *set, const struct row *row)
{
    return (char *)set + row->offset;
}

static int read_text(struct setting *set, const struct row *row, const char *text,
                     struct err *err)
{
    (void)err;
    *(const char **)field(set, row) = arena_strdup(&set->arena, text);
    return 0;
}

static int read_switch(struct setting *set, const struct row *row, const char *text,
                       struct err *err)
{
    static const char *const words[] = { "off", "on", "false", "true", "no", "yes" };

    for (int i = 0; i < 6; i++)
        if (!strcmp(text, words[i])) {
            *(bool *)field(set, row) = i & 1;
            return 0;
        }
    return err_set(err, ERR_USAGE, "expected on or off, not \"%s\"", text);
}

static int read_count(struct setting *set, const struct row *row, const char *text,
                      struct err *err)
{
    return units_count(str_of(text), field(set, row), err);
}

static int read_number(struct setting *set, const struct row *row, const char *text,
                       struct err *err)
{
    char *end;
    double v = strtod(text, &end);

    if (end == text || *end || !(v >= 0 && v < 1e15))
        return err_set(err, ERR_USAGE, "expected a number from 0 up, not \"%s\"", text);
    *(double *)field(set, row) = v;
    return 0;
}

static int read_above_0(struct setting *set, const struct row *row, const char *text,
                        struct err *err)
{
    if (read_number(set, row, text, err))
        return -1;
    if (*(double *)field(set, row) <= 0)
        return err_set(err, ERR_USAGE, "expected a number above 0");
    return 0;
}

static int read_share(struct setting *set, const struct row *row, const char *text,
                      struct err *err)
{
    if (read_number(set, row, text, err))
        return -1;
    if (*(double *)field(set, row) > 1)
        return err_set(err, ERR_USAGE, "expected a share from 0 to 1, not \"%s\"", text);
    return 0;
}

static int read_duration(struct setting *set, const struct row *row, const char *text,
                         struct err *err)
{
    return units_duration(str_of(text), field(set, row), err);
}

static int read_seconds(struct setting *set, const struct row *row, const char *text,
                        struct err *err)
{
    ns_t ns;

    if (units_duration(str_of(text), &ns, err))
        return -1;
    *(double *)field(set, row) = (double)ns / NS_PER_S;
    return 0;
}

static int read_money(struct setting *set, const struct row *row, const char *text,
                      struct err *err)
{
    return units_money(str_of(text), field(set, row), err);
}

static int read_fd(struct setting *set, const struct row *row, const char *text,
                   struct err *err)
{
    char *end;
    long fd = strtol(text, &end, 10);

    if (end == text || *end || fd < 0 || fd > 1 << 20)
        return err_set(err, ERR_USAGE, "expected the number of a descriptor, not \"%s\"",
                       text);
    *(int64_t *)field(set, row) = fd;
    return 0;
}

static int read_plan(struct setting *set, const struct row *row, const char *text,
                     struct err *err)
{
    if (strcmp(text, "none") != 0 && strcmp(text, "free") != 0 &&
        strcmp(text, "developer") != 0)
        return err_set(err, ERR_USAGE, "expected none, free or developer, not \"%s\"",
                       text);
    return read_text(set, row, text, err);
}

static int read_reserve(struct setting *set, const struct row *row, const char *text,
                        struct err *err)
{
    uint64_t most;

    if (!strcmp(text, "none") || !strcmp(text, "max")) {
        *(int64_t *)field(set, row) = *text == 'm' ? -1 : 0;
        return 0;
    }
    if (units_count(str_of(text), &most, err) || most > INT64_MAX)
        return err_set(err, ERR_USAGE, "expected none, max or a number of tokens");
    *(int64_t *)field(set, row) = (int64_t)most;
    return 0;
}

static int read_output(struct setting *set, const struct row *row, const char *text,
                       struct err *err)
{
    uint64_t n;

    (void)row;
    if (!strcmp(text, "auto") || !strcmp(text, "max")) {
        set->draft.length = *text == 'a' ? LENGTH_AUTO : LENGTH_MAX;
        return 0;
    }
    if (units_count(str_of(text), &n, err) || !n || n > 1000000)
        return err_set(err, ERR_USAGE, "expected auto, max or 1..1M tokens, not \"%s\"",
                       text);
    set->draft.length = LENGTH_FIXED;
    set->draft.fixed = (uint32_t)n;
    return 0;
}

/* Call take for each of the items that commas part; brackets around them are YAML's. */
static int each_item(struct setting *set, const char *text,
                     int (*take)(struct setting *set, char *item, struct err *err),
                     struct err *err)
{
    char *copy = arena_strdup(&set->arena, text);
    char *save = NULL;

    for (char *item = strtok_r(copy, ",[] \t", &save); item;
         item = strtok_r(NULL, ",[] \t", &save))
        if (take(set, item, err))
            return -1;
    return 0;
}

static int full_list(struct err *err)
{
    return err_set(err, ERR_USAGE, "more than %d of them", SETTING_MAX_LIST);
}

static int take_key(struct setting *set, char *item, struct err *err)
{
    if (set->n_keys == SETTING_MAX_LIST)
        return full_list(err);
    set->keys[set->n_keys++] = item;
    return 0;
}

static int take_fault(struct setting *set, char *item, struct err *err)
{
    if (set->n_faults == SETTING_MAX_LIST)
        return full_list(err);
    return fault_share_parse(str_of(item), &set->faults[set->n_faults++], err);
}

static int take_limit(struct setting *set, char *item, struct err *err)
{
    char *eq = strchr(item, '=');

    for (int k = 0; eq && k < N_QUOTAS; k++)
        if (!strncmp(item, quota_names[k], (size_t)(eq - item)) && eq - item == 3) {
            uint64_t n;

            if (units_count(str_of(eq + 1), &n, err) || n > 1000000000000)
                return err_set(err, ERR_USAGE, "expected a count behind \"%.4s\"", item);
            set->rates.limit[k] = (int64_t)n;
            return 0;
        }
    return err_set(err, ERR_USAGE, "expected rpm=N, rpd=N, tpm=N or tpd=N, not \"%s\"",
                   item);
}

/* NAME:WEIGHT[:DELAY] */
static int take_region(struct setting *set, char *item, struct err *err)
{
    struct sim_region *r = &set->regions[set->n_regions];
    char *weight = strchr(item, ':');
    char *delay = weight ? strchr(weight + 1, ':') : NULL;
    char *end;

    if (set->n_regions == SETTING_MAX_LIST)
        return full_list(err);
    *r = (struct sim_region){ item, 1, 0 };
    if (delay)
        *delay++ = '\0';
    if (weight) {
        *weight++ = '\0';
        r->weight = strtod(weight, &end);
        if (end == weight || *end || !(r->weight >= 0 && r->weight < 1e9))
            return err_set(err, ERR_USAGE, "expected NAME:WEIGHT[:DELAY]");
    }
    if (delay && units_duration(str_of(delay), &r->delay, err))
        return -1;
    if (!*item || strpbrk(item, "\r\n"))
        return err_set(err, ERR_USAGE, "a region without a name");
    set->n_regions++;
    return 0;
}

static int read_keys(struct setting *set, const struct row *row, const char *text,
                     struct err *err)
{
    (void)row;
    return each_item(set, text, take_key, err);
}

static int read_faults(struct setting *set, const struct row *row, const char *text,
                       struct err *err)
{
    (void)row;
    return each_item(set, text, take_fault, err);
}

static int read_limits(struct setting *set, const struct row *row, const char *text,
                       struct err *err)
{
    (void)row;
    return each_item(set, text, take_limit, err);
}

static int read_regions(struct setting *set, const struct row *row, const char *text,
                        struct err *err)
{
    (void)row;
    set->n_regions = 0;
    return each_item(set, text, take_region, err);
}

static int read_profile(struct setting *set, const struct row *row, const char *text,
                        struct err *err)
{
    (void)row;
    return setting_profile(set, text, err);
}

#define AT(member) offsetof(struct setting, member)

static const struct row rows[] = {
    { "listen", "ADDRESS:PORT", "127.0.0.1:8080", read_text, AT(listen),
      "where to listen; port 0: any that is free" },
    { "port-fd", "FD", NULL, read_fd, AT(port_fd),
      "write the port and a line end to this descriptor and close it" },
    { "until-eof-fd", "FD", NULL, read_fd, AT(until_eof_fd),
      "finish when this descriptor comes to its end" },
    { "child", "", "off", read_switch, AT(child), "end with the process that started it" },
    { "quiet", "", "off", read_switch, AT(quiet), "say nothing" },
    { "help", "", "off", read_switch, AT(help), "this text" },
    { "faults", "", "off", read_switch, AT(list_faults), "list the faults" },
    { "profile", "FILE", NULL, read_profile, 0,
      "settings from a file of lines `name: value`, names as here" },
    { "truth", "FILE", NULL, read_text, AT(truth), "write the truth log" },
    { "truth-frames", "", "on", read_switch, AT(truth_frames),
      "each frame's departure in the truth log" },
    { "seed", "N", "1", read_count, AT(seed), "everything random follows from it" },
    { "catalogue", "FILE", NULL, read_text, AT(catalogue),
      "models, speeds, limits, prices" },
    { "speed", "X", "1", read_above_0, AT(speed), "time runs X times faster" },
    { "flood", "", "off", read_switch, AT(flood),
      "frames as fast as the socket takes them, one a write" },

    { "key", "KEY", NULL, read_keys, 0,
      "accept this API key (repeatable); none: accept any" },
    { "plan", "NAME", "none", read_plan, AT(plan),
      "limits of the catalogue: none, free or developer" },
    { "limit", "LIST", NULL, read_limits, 0,
      "limits of every model, as rpm=30,rpd=1000,tpm=6k,tpd=100k" },
    { "reserve", "N", "none", read_reserve, AT(reserve),
      "completion tokens debited ahead: none, max (as asked for) or at most N" },
    { "credit-cached", "", "off", read_switch, AT(credit_cached),
      "cached tokens do not count towards limits" },
    { "limit-headers", "", "on", read_switch, AT(head_limits),
      "tell the limits in headers" },
    { "spend-limit", "MONEY", NULL, read_money, AT(spend_limit_nusd),
      "refuse with blocked_api_access once this is spent" },
    { "flex-498", "SHARE", "0", read_share, AT(flex_498),
      "of flex requests refused for want of capacity" },
    { "flex-on", "DURATION", "0", read_duration, AT(flex_on),
      "mean time flex has capacity, with flex-off" },
    { "flex-off", "DURATION", "0", read_duration, AT(flex_off), "mean time flex has none" },

    { "queue-median", "DURATION", "20ms", read_seconds, AT(queue_median),
      "median of the queue time" },
    { "queue-sigma", "X", "0.6", read_number, AT(queue_sigma),
      "spread of the queue time, of its logarithm" },
    { "capacity", "N", "256", read_number, AT(capacity),
      "requests a model serves at once before others wait; 0: no end" },
    { "prefill-base", "DURATION", "2ms", read_seconds, AT(prefill_base),
      "prefill of an empty prompt" },
    { "prefill-tps", "X", "0", read_number, AT(prefill_tps),
      "prompt tokens a second; 0: as the catalogue says" },
    { "prefill-load", "X", "0.5", read_number, AT(prefill_load),
      "prefill is slower by this share when all capacity is taken" },
    { "tps", "X", "0", read_number, AT(tps),
      "tokens generated a second; 0: as the catalogue says" },
    { "tps-sigma", "X", "0.05", read_number, AT(tps_sigma),
      "spread of the speed between requests" },
    { "jitter", "SHARE", "0.3", read_share, AT(jitter),
      "a frame is late by up to this share of a token's time" },
    { "event-tokens", "X", "1.1", read_above_0, AT(event_tokens), "mean tokens an event" },
    { "burst", "X", "1.3", read_above_0, AT(burst), "mean events a write" },

    { "output", "N", "auto", read_output, 0,
      "tokens of an answer: auto, max (all it may have) or N" },
    { "output-median", "N", "160", read_above_0, AT(draft.median),
      "median of the tokens of an answer, with auto" },
    { "output-sigma", "X", "0.5", read_number, AT(draft.sigma), "their spread" },
    { "tool-share", "SHARE", "1", read_share, AT(draft.tool_share),
      "of the requests that may call a tool that do" },

    { "cache", "", "on", read_switch, AT(cache),
      "the prompt cache, for the models that have one" },
    { "cache-min", "N", "1024", read_count, AT(cache_min), "shortest prompt it keeps" },
    { "cache-lifetime", "DURATION", "2h", read_duration, AT(cache_lifetime),
      "without use" },
    { "cache-hit", "SHARE", "1", read_share, AT(cache_hit),
      "probability that what is there is found" },
    { "cache-regional", "", "on", read_switch, AT(cache_regional),
      "each region has its own" },

    { "regions", "LIST", "dal", read_regions, 0,
      "NAME:WEIGHT[:DELAY], as dal:0.7,fra:0.3:45ms" },
    { "edge", "CODE", "DFW", read_text, AT(edge), "edge location in cf-ray" },
    { "delay", "DURATION", "0", read_seconds, AT(delay),
      "median network delay, both ways together" },
    { "delay-sigma", "X", "0", read_number, AT(delay_sigma), "its spread" },

    { "fault", "LIST", NULL, read_faults, 0,
      "NAME[:ARG]=SHARE (repeatable); SHARE 0..1 or 1/N for every N-th; see --faults" },

    { "any-model", "", "off", read_switch, AT(any_model),
      "serve models the catalogue does not know" },
    { "any-case", "", "off", read_switch, AT(any_case), "model ids in any case" },
    { "require-agent", "", "off", read_switch, AT(require_agent),
      "refuse library agents with error code 1010" },
    { "idle", "DURATION", "75s", read_duration, AT(idle),
      "close connections without a request, or stuck, after this" },
    { "max-connections", "N", "0", read_count, AT(max_connections),
      "more are closed at once; 0: as many as there are descriptors" },
    { "requests-per-connection", "N", "0", read_count, AT(requests_per_connection),
      "close after so many; 0: never" },
};
enum { N_ROWS = sizeof(rows) / sizeof(rows[0]) };

static const struct row *find(const char *name, size_t n)
{
    for (size_t i = 0; i < N_ROWS; i++)
        if (strlen(rows[i].name) == n && !memcmp(rows[i].name, name, n))
            return &rows[i];
    return NULL;
}

void setting_init(struct setting *set)
{
    struct err err;

    *set = (struct setting){ .port_fd = -1, .until_eof_fd = -1, .spend_limit_nusd = -1 };
    for (int k = 0; k < N_QUOTAS; k++)
        set->rates.limit[k] = -1;
    for (size_t i = 0; i < N_ROWS; i++)
        if (rows[i].initial && rows[i].read(set, &rows[i], rows[i].initial, &err))
            abort();
}

void setting_free(struct setting *set)
{
    arena_free(&set->arena);
}

/* One flag; *used: how many of the arguments it took. */
static int read_flag(struct setting *set, const char *arg, const char *next, int *used,
                     struct err *err)
{
    const char *name = arg + 2;
    size_t n = strcspn(name, "=");
    const char *value = name[n] ? name + n + 1 : NULL;
    const struct row *row = !strncmp(arg, "--", 2) ? find(name, n) : NULL;

    *used = 1;
    if (!row)
        return err_set(err, ERR_USAGE, "unknown argument \"%s\"; see tokdyno sim --help",
                       arg);
    if (!value && !*row->value)
        value = "on";
    if (!value) {
        value = next;
        *used = 2;
    }
    if (!value)
        return err_set(err, ERR_USAGE, "--%s wants %s", row->name, row->value);
    if (row->read(set, row, value, err))
        return err_at(err, "--%s", row->name);
    return 0;
}

int setting_flags(struct setting *set, int argc, char **argv, struct err *err)
{
    int used;

    for (int i = 1; i < argc; i += used) {
        const char *arg = strcmp(argv[i], "-h") != 0 ? argv[i] : "--help";

        if (read_flag(set, arg, i + 1 < argc ? argv[i + 1] : NULL, &used, err))
            return -1;
    }
    return 0;
}

/* Without white space around it, the comment and the quotes. In place. */
static char *clean(char *s)
{
    char *hash = *s == '#' ? s : strstr(s, " #");
    size_t n;

    if (hash)
        *hash = '\0';
    s += strspn(s, " \t");
    n = strlen(s);
    while (n && strchr(" \t\r\n", s[n - 1]))
        s[--n] = '\0';
    if (n > 1 && (s[0] == '"' || s[0] == '\'') && s[n - 1] == s[0]) {
        s[n - 1] = '\0';
        s++;
    }
    return s;
}

static int profile_line(struct setting *set, char *line, struct err *err)
{
    char *text = clean(line);
    size_t n = strcspn(text, ":");
    const struct row *row;

    if (!*text || !strcmp(text, "---"))
        return 0;
    row = find(text, n);
    if (!text[n] || !row || row->read == read_profile)
        return err_set(err, ERR_PARSE,
                       "expected `name: value` with a name of "
                       "tokdyno sim --help, not \"%.60s\"",
                       text);
    return row->read(set, row, clean(text + n + 1), err);
}

int setting_profile(struct setting *set, const char *path, struct err *err)
{
    FILE *f = fopen(path, "re");
    char line[4096];
    int number = 0;
    int rc = 0;

    if (!f)
        return err_set(err, ERR_IO, "cannot read %s: %s", path, strerror(errno));
    while (!rc && fgets(line, sizeof(line), f)) {
        number++;
        if (!strchr(line, '\n') && !feof(f))
            rc = err_set(err, ERR_PARSE, "line longer than %zu bytes", sizeof(line) - 1);
        else
            rc = profile_line(set, line, err);
    }
    fclose(f);
    return rc ? err_at(err, "%s:%d", path, number) : 0;
}

void setting_usage(FILE *out)
{
    for (size_t i = 0; i < N_ROWS; i++) {
        const struct row *r = &rows[i];
        int width = fprintf(out, "  --%s%s%s", r->name, *r->value ? " " : "", r->value);

        fprintf(out, "%*s%s", width < 30 ? 30 - width : 2, "", r->help);
        if (r->initial && *r->value && strcmp(r->initial, "0") != 0)
            fprintf(out, " [%s]", r->initial);
        if (r->initial && !*r->value && !strcmp(r->initial, "on"))
            fprintf(out, " [on; =off]");
        fputc('\n', out);
    }
}
