#include "data/run.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/rng.h"
#include "base/version.h"
#include "data/replay.h"

static void plan_host(struct run *r)
{
    char line[256], name[256] = "";
    struct utsname u;
    FILE *cpu = fopen("/proc/cpuinfo", "re");

    r->host.cpu = "";
    while (cpu && fgets(line, sizeof(line), cpu))
        if (!strncmp(line, "model name", 10) && strchr(line, ':')) {
            const char *text = strchr(line, ':') + 1;

            text += strspn(text, " \t");
            r->host.cpu = arena_strndup(&r->arena, text, strcspn(text, "\n"));
            break;
        }
    if (cpu)
        fclose(cpu);
    if (!uname(&u))
        r->host.kernel = arena_printf(&r->arena, "%s %s", u.sysname, u.release);
    else
        r->host.kernel = "";
    gethostname(name, sizeof(name) - 1);
    r->host.name = arena_strdup(&r->arena, name);
    r->host.cores = (int)sysconf(_SC_NPROCESSORS_ONLN);
    r->host.tool = TOKDYNO_VERSION;
    r->host.libcurl = "";
}

/* User-info may hold a secret and says nothing about the target: https://u:p@host/v1. */
static const char *without_userinfo(struct arena *a, const char *url)
{
    const char *host = strstr(url, "://");
    const char *end, *at = NULL;

    if (!host)
        return arena_strdup(a, url);
    host += 3;
    end = host + strcspn(host, "/?#");
    for (const char *p = host; p < end; p++)
        if (*p == '@')
            at = p;
    if (!at)
        return arena_strdup(a, url);
    return arena_printf(a, "%.*s%s", (int)(host - url), url, at + 1);
}

static const char *copy(struct arena *a, const char *text)
{
    return text ? arena_strdup(a, text) : NULL;
}

static void plan_load(struct run *r, struct run_load *to, const struct phase *from,
                      bool sessions)
{
    struct run_point *points = arena_alloc(&r->arena, from->n_points * sizeof(*points));

    for (size_t i = 0; i < from->n_points; i++)
        points[i] =
            (struct run_point){ from->points[i].at, llround(from->points[i].value * 1e6) };
    *to = (struct run_load){
        .open = from->open,
        .points = points,
        .n_points = from->n_points,
        .cv_ppm = llround(from->cv * 1e6),
        .duration = from->duration,
        .requests = from->requests,
        .replay = from->replay != NULL,
        .sessions = sessions,
    };
}

/* Does a trace say what its prompts have in common? */
static bool replays_blocks(const struct cell *c)
{
    for (size_t i = 0; i < c->n_phases; i++)
        if (c->phases[i].replay && c->phases[i].replay->shape->columns[REPLAY_BLOCKS])
            return true;
    return false;
}

/* Synthetic prompts without a common beginning. */
static bool is_cold(const struct cell *c)
{
    const struct workload *w = &c->workload;

    if (w->messages || w->dataset)
        return false;
    return w->unique_head || (!w->prefix_tokens && !replays_blocks(c));
}

static void plan_cell(struct run *r, struct run_cell *to, const struct cell *from)
{
    struct cell_key *keys = arena_alloc(&r->arena, from->n_keys * sizeof(*keys));
    struct run_load *loads = arena_alloc(&r->arena, from->n_phases * sizeof(*loads));

    for (size_t i = 0; i < from->n_keys; i++)
        keys[i] = (struct cell_key){ .key = copy(&r->arena, from->keys[i].key),
                                     .text = copy(&r->arena, from->keys[i].text),
                                     .json = copy(&r->arena, from->keys[i].json) };
    for (size_t i = 0; i < from->n_phases; i++)
        plan_load(r, &loads[i], &from->phases[i], workload_has_sessions(&from->workload));
    *to = (struct run_cell){
        .name = copy(&r->arena, from->name),
        .keys = keys,
        .n_keys = from->n_keys,
        .model = copy(&r->arena, from->request.model ? from->request.model : ""),
        .tier = copy(&r->arena, from->request.service_tier),
        .read_stamps = from->connection.stamps == CONNECTION_STAMPS_READ ||
                       target_is_null(from->target.base_url),
        .new_connections = from->connection.policy == CONNECTION_NEW,
        .cold = is_cold(from),
        .shared_prefix = from->workload.unique_head ? 0 : from->workload.prefix_tokens,
        .loads = loads,
        .forecast = forecast_none,
        .search = from->search,
        .n_loads = from->n_phases,
    };
}

static void plan_trials(struct run *r, unsigned repeat)
{
    r->n_trials = r->n_cells * repeat;
    r->trials = arena_alloc(&r->arena, r->n_trials * sizeof(*r->trials));
    for (uint32_t i = 0; i < r->n_trials; i++) {
        uint32_t round = (uint32_t)(i / r->n_cells), place = (uint32_t)(i % r->n_cells);

        r->trials[i].round = round;
        r->trials[i].cell = round % 2 ? (uint32_t)r->n_cells - 1 - place : place;
    }
}

static void plan_slos(struct run *r, const struct scenario *s)
{
    r->n_slos = s->n_slos;
    r->n_search_slos = (uint32_t)s->n_search_slos;
    r->slos = arena_alloc(&r->arena, s->n_slos * sizeof(*r->slos));
    for (size_t i = 0; i < s->n_slos; i++) {
        struct err err;

        /* Parsed anew, so that their text lives in this arena; it has been parsed before.
         */
        slo_parse(&r->slos[i], str_of(s->slos[i].text), &r->arena, &err);
    }
}

static void plan_answer(struct run *r, const struct asked *a)
{
    r->answer = (struct asked){ .n = a->n, .by = a->by };
    r->answer.against = copy(&r->arena, a->against);
    r->answer.figures = arena_alloc(&r->arena, (a->n ? a->n : 1) * sizeof(*a->figures));
    for (size_t i = 0; i < a->n; i++) {
        struct err err;

        asked_parse(&r->answer.figures[i], str_of(a->figures[i].text), &r->arena, &err);
    }
}

static void plan_id(struct run *r)
{
    uint64_t digest = fnv1a64(r->scenario, strlen(r->scenario));
    uint64_t state = r->seed ^ digest ^ (uint64_t)r->t0_real;
    uint64_t high = splitmix64(&state), low = splitmix64(&state);

    r->digest = arena_printf(&r->arena, "%016" PRIx64, digest);
    r->id = arena_printf(&r->arena, "%016" PRIx64 "%016" PRIx64, high, low);
}

void run_plan(struct run *r, const struct scenario *s, ns_t t0_mono, ns_t t0_real)
{
    const struct cell *first = &s->cells[0];

    *r = (struct run){
        .seed = s->seed,
        .t0_mono = t0_mono,
        .t0_real = t0_real,
        .threads = first->connection.threads,
        .concurrent = s->concurrent,
        .doctor = doctor_unknown,
        .n_cells = s->n_cells,
        .n_phases = first->n_phases,
    };
    r->name = copy(&r->arena, s->name);
    r->question = copy(&r->arena, s->question);
    r->scenario = copy(&r->arena, s->json);
    r->target = without_userinfo(&r->arena, first->target.base_url);
    plan_host(r);
    r->phases = arena_alloc(&r->arena, r->n_phases * sizeof(*r->phases));
    for (size_t i = 0; i < r->n_phases; i++)
        r->phases[i] = (struct run_phase){ copy(&r->arena, first->phases[i].name),
                                           first->phases[i].measured };
    r->cells = arena_alloc(&r->arena, r->n_cells * sizeof(*r->cells));
    for (size_t i = 0; i < r->n_cells; i++)
        plan_cell(r, &r->cells[i], &s->cells[i]);
    plan_trials(r, s->repeat ? s->repeat : 1);
    plan_slos(r, s);
    plan_answer(r, &s->answer);
    plan_id(r);
}

void run_free(struct run *r)
{
    arena_free(&r->arena);
}
