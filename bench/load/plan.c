#include "load/plan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "api/endpoint.h"
#include "base/mem.h"
#include "data/cell_name.h"
#include "data/nearest.h"
#include "data/replay.h"
#include "load/dataset.h"
#include "load/images.h"
#include "load/plan_private.h"
#include "load/profile.h"
#include "load/prompts.h"
#include "load/session.h"

/* Where the catalogue does not know better. */
enum { USUAL_COMPLETION = 512, USUAL_SPEED = 100, BYTES_PER_TOKEN = 4 };
static const double FIRST_S = 0.3; /* queue, network and the first token */

enum { STEPS = 200, DRAWS = 1000 }; /* of a phase; of a distribution */

int64_t plan_completion(const struct request_spec *spec, const struct model *m,
                        bool *is_max)
{
    const struct endpoint *e = endpoint_find(spec->endpoint);

    *is_max = spec->max_completion_tokens > 0 || (e && e->tokenless);
    if (e && e->tokenless)
        return 0;
    if (*is_max)
        return spec->max_completion_tokens;
    if (m && m->max_completion > 0 && m->max_completion < USUAL_COMPLETION)
        return m->max_completion;
    return USUAL_COMPLETION;
}

static int64_t synthetic_prompt(const struct workload *w)
{
    double fixed = (double)(prompts_overhead(w) + (int64_t)w->prefix_tokens + 1);
    double sum = 0;

    for (int i = 0; i < DRAWS; i++)
        sum += fmax(fixed, dist_draw(&w->input_tokens, (i + 0.5) / DRAWS));
    return llround(sum / DRAWS);
}

/* Pictures of a request: room for them, their tokens, and whether the model takes them. */
static int take_images(struct plan_cell *c, struct image_use use, size_t text_bytes,
                       struct err *err)
{
    if (use.n > c->images)
        c->images = use.n;
    if (use.bytes > c->image_bytes)
        c->image_bytes = use.bytes;
    if (!c->model || c->cell->workload.images.oversize)
        return 0;
    return images_check(use, use.bytes + text_bytes, c->model, err);
}

/* Means over the rows; what a row does not say of its answer is as for the others. */
static int measure_dataset(struct plan_cell *c, struct err *err)
{
    struct dataset d;
    uint64_t bytes = 0, images = 0;
    int64_t completion = 0;
    bool all_say = true;
    int rc = 0;

    if (dataset_open(&d, c->cell->workload.dataset, c->cell->request.body, err))
        return -1;
    for (size_t i = 0; i < d.n_rows && !rc; i++) {
        int64_t most = d.rows[i].max_completion;
        struct image_use use = d.rows[i].images;

        rc = take_images(c, use, d.rows[i].messages.n - use.bytes, err);
        if (rc)
            err_at(err, "%s: row %zu", c->cell->workload.dataset, i + 1);
        images += use.n;
        bytes += d.rows[i].messages.n - use.bytes;
        completion += most >= 0 ? most : c->completion;
        all_say &= most >= 0;
    }
    c->prompt =
        (int64_t)(bytes / d.n_rows / BYTES_PER_TOKEN + images * IMAGE_TOKENS / d.n_rows);
    c->completion = completion / (int64_t)d.n_rows;
    c->completion_max |= all_say;
    dataset_close(&d);
    return rc;
}

/* Reading a large file again for each cell of a matrix would take its time. */
static bool same_dataset(const struct cell *a, const struct cell *b)
{
    return b->workload.dataset && !b->workload.messages &&
           !strcmp(a->workload.dataset, b->workload.dataset) &&
           a->request.max_completion_tokens == b->request.max_completion_tokens;
}

static int measure_messages(struct plan *p, struct plan_cell *c, struct err *err)
{
    const struct workload *w = &c->cell->workload;

    if (w->messages)
        c->prompt =
            (int64_t)((strlen(w->messages) - images_within(str_of(w->messages)).bytes) /
                      BYTES_PER_TOKEN);
    else if (!w->dataset)
        c->prompt = synthetic_prompt(w);
    else if (c > p->cells && same_dataset(c->cell, c[-1].cell)) {
        c->prompt = c[-1].prompt;
        c->completion = c[-1].completion;
        c->completion_max = c[-1].completion_max;
        c->images = c[-1].images;
        c->image_bytes = c[-1].image_bytes;
    } else
        return measure_dataset(c, err);
    return 0;
}

static int measure_prompt(struct plan *p, struct plan_cell *c, struct err *err)
{
    const struct endpoint *e = endpoint_find(c->cell->request.endpoint);

    switch (e->takes) {
    case PROMPT_MESSAGES:
        return measure_messages(p, c, err);
    case PROMPT_TEXT:
        plan_measure_text(c);
        return 0;
    case PROMPT_AUDIO:
        return plan_measure_audio(c, err);
    }
    return 0;
}

/* Those of workload.images, with those that the messages hold themselves. */
static int measure_images(struct plan_cell *c, struct err *err)
{
    const struct workload *w = &c->cell->workload;
    struct image_use use = { 0 }, own = { 0 };
    struct images im;
    int rc = images_open(&im, &w->images, err);

    if (!rc) {
        use = images_most(&im);
        if (w->messages)
            own = images_within(str_of(w->messages));
        use.n += own.n;
        use.inlined += own.inlined;
        use.bytes += own.bytes;
        rc = take_images(c, use, (size_t)c->prompt * BYTES_PER_TOKEN, err);
        if (!rc && c->model && !w->images.oversize)
            rc = images_check_each(&im, c->model, err);
        c->prompt += (int64_t)(use.n * IMAGE_TOKENS);
    }
    images_close(&im);
    return rc;
}

static ns_t model_latency(const struct plan_cell *c)
{
    const struct model *m = c->model;
    double speed = m && m->speed_tps > 0 ? m->speed_tps : USUAL_SPEED;
    double s = FIRST_S + (double)c->completion / speed + plan_audio_seconds(c);

    if (m && m->prefill_tps > 0)
        s += (double)c->prompt / m->prefill_tps;
    return llround(s * NS_PER_S);
}

/* Canned answers cost what we cost: some us and a little more for each frame. */
static ns_t canned_latency(const struct canned_answer *a)
{
    enum { REQUEST = 8000, FRAME = 350 };
    uint64_t frames = a->frames ? a->frames : CANNED_FRAMES;

    return REQUEST + a->first + (ns_t)(frames - 1) * (a->gap + FRAME);
}

static ns_t latency_of(const struct plan_cell *c)
{
    if (target_is_null(c->cell->target.base_url))
        return canned_latency(&c->cell->target.canned);
    return model_latency(c);
}

/* Batches are taken by so many at once; when single requests would leave says nothing. */
static int check_batches(const struct cell *cell, const struct endpoint *e, struct err *err)
{
    for (size_t i = 0; e->carries && i < cell->n_phases; i++) {
        const struct phase *ph = &cell->phases[i];

        if (ph->open || ph->searched)
            return err_set(err, ERR_USAGE,
                           "load.%s: the endpoint \"%s\" takes its requests in batches; "
                           "expected concurrency, the batches under way at once",
                           ph->name, e->name);
    }
    if (e->carries && target_is_null(cell->target.base_url))
        return err_set(err, ERR_USAGE,
                       "target.base_url: null: has no canned batches; expected sim:");
    return 0;
}

/* The endpoint is there, and takes the fields that the scenario gives it. */
static int check_endpoint(const struct cell *cell, struct err *err)
{
    const struct request_spec *spec = &cell->request;
    const struct endpoint *e = endpoint_find(spec->endpoint);
    struct nearest near = nearest_to(str_of(spec->endpoint));
    struct buf head;
    struct buf tail;
    int rc;

    if (!e) {
        for (size_t i = 0; endpoints[i]; i++)
            nearest_try(&near, endpoints[i]->name);
        err_set(err, ERR_PARSE, "request.endpoint: no endpoint \"%s\"", spec->endpoint);
        nearest_hint(&near, err);
        return spec->endpoint_at ? err_at(err, "%s", spec->endpoint_at) : -1;
    }
    if (spec->inputs && !e->prompt)
        return err_set(err, ERR_USAGE,
                       "request.inputs is for endpoints that take texts, as embeddings; "
                       "expected it without endpoint %s",
                       e->name);
    buf_init(&head, 0);
    buf_init(&tail, 0);
    rc = e->prepare(spec, &head, &tail, err) || check_batches(cell, e, err) ? -1 : 0;
    buf_free(&head);
    buf_free(&tail);
    if (!rc && workload_has_sessions(&cell->workload) && !e->follow)
        rc = err_set(err, ERR_PARSE,
                     "workload.session: the endpoint \"%s\" has no conversations", e->name);
    if (!rc && (cell->workload.images.n_files || cell->workload.images.n_urls) &&
        !e->pictures)
        rc = err_set(err, ERR_USAGE,
                     "workload.images: the endpoint \"%s\" takes no pictures; expected "
                     "request.endpoint chat",
                     e->name);
    if (!rc && prompts_check(&cell->workload, e->takes, err))
        return err_at(err, "request.endpoint %s", e->name);
    return rc;
}

static double mean_of(const struct session_spec *s)
{
    double sum = 0;

    for (size_t i = 0; i < s->n_messages; i++)
        sum += (double)strlen(s->messages[i]) / BYTES_PER_TOKEN;
    if (s->n_messages)
        return sum / (double)s->n_messages;
    for (int i = 0; i < DRAWS; i++)
        sum += dist_draw(&s->input_tokens, (i + 0.5) / DRAWS);
    return sum / DRAWS;
}

/* The prompt of the last turn of a long conversation; the longest of a trace. */
static int64_t longest_prompt(const struct plan_cell *c)
{
    const struct workload *w = &c->cell->workload;
    int64_t longest = c->prompt;

    for (size_t i = 0; i < c->cell->n_phases && !w->messages && !w->dataset; i++) {
        const struct replay *r = c->cell->phases[i].replay;

        for (size_t k = 0; r && k < r->n_rows; k++)
            longest = r->rows[k].input > longest ? r->rows[k].input : longest;
    }
    if (workload_has_sessions(w))
        longest += llround((session_most_turns(&w->session) - 1) *
                           ((double)c->completion + mean_of(&w->session)));
    return longest;
}

static int describe(struct plan *p, size_t i, struct err *err)
{
    struct plan_cell *c = &p->cells[i];
    const char *model = p->scenario->cells[i].request.model;

    c->cell = &p->scenario->cells[i];
    c->model = p->catalogue && model ? catalogue_model(p->catalogue, model) : NULL;
    c->completion = plan_completion(&c->cell->request, c->model, &c->completion_max);
    c->audio = NS_ABSENT;
    c->characters = -1;
    if (check_endpoint(c->cell, err) || measure_prompt(p, c, err) || measure_images(c, err))
        return -1;
    c->longest = longest_prompt(c);
    c->need = (struct rate_need){ {
        [LIMIT_REQUESTS] = 1,
        [LIMIT_TOKENS] = (double)(c->prompt + c->completion),
        [LIMIT_AUDIO_SECONDS] = rate_audio_need(c->audio),
    } };
    if (endpoint_find(c->cell->request.endpoint)->carries)
        c->need = (struct rate_need){ 0 }; /* batches have limits of their own */
    c->latency = latency_of(c);
    return 0;
}

/* The requests of a phase, means: of a session each holds what went before. */
struct phase_requests {
    double turns; /* for each that the phase counts */
    int64_t prompt;
    int64_t completion;
};

static struct phase_requests requests_of(const struct plan_cell *c, const struct phase *ph)
{
    struct phase_requests q = { 1, c->prompt, c->completion };
    const struct workload *w = &c->cell->workload;

    if (ph->replay && !w->messages && !w->dataset) {
        struct replay_facts f =
            replay_facts(ph->replay, ph->speed, ph->duration, ph->requests);

        q.prompt = llround(f.input);
        if (c->cell->request.max_completion_tokens < 0)
            q.completion = llround(f.output);
    }
    if (workload_has_sessions(w)) {
        double before;

        session_means(&w->session, &q.turns, &before);
        q.prompt += llround(before * ((double)q.completion + mean_of(&w->session)));
    }
    return q;
}

/*
 * Area under the curve that one request takes: 1 of a rate, so long of a slot. A session
 * takes as much for all its turns.
 */
static double area_of_one(const struct plan_cell *c, const struct phase *ph,
                          const struct phase_requests *q)
{
    double turns = q->turns, pauses = (turns - 1) * (double)c->cell->workload.session.think;

    if (ph->open)
        return 1;
    return (turns * (double)c->latency + pauses + (double)ph->think) / NS_PER_S;
}

/* When the phase ends: its duration, or earlier when it has had its requests. */
static ns_t length_of(const struct plan_cell *c, const struct phase *ph,
                      const struct phase_requests *q)
{
    struct profile_walk walk = { 0 };
    ns_t t;

    if (ph->requests &&
        profile_reach_area(ph, (double)ph->requests * area_of_one(c, ph, q), &walk, &t))
        return t;
    return ph->duration == NS_ABSENT ? 0 : ph->duration;
}

/*
 * Walk a phase in steps through the buckets. Requests that are held back slow a closed loop
 * down; in an open one they stay planned.
 */
static double walk_phase(struct plan_cell *c, const struct phase *ph,
                         const struct phase_requests *q, struct plan_buckets *b, ns_t begin,
                         ns_t *length)
{
    double one = area_of_one(c, ph, q) / q->turns, all = (double)ph->requests * q->turns;
    struct rate_need need = c->need;
    bool slows = !ph->open && c->cell->limits.pace_to_rate_limits;
    double before = 0, requests = 0;

    if (need.of[LIMIT_REQUESTS] > 0)
        need.of[LIMIT_TOKENS] = (double)(q->prompt + q->completion);
    *length = length_of(c, ph, q);
    for (int i = 1; i <= STEPS; i++) {
        ns_t t = i == STEPS ? *length : *length / STEPS * i;
        double area = profile_area(ph, t);
        double want = (area - before) / one;
        double fit = plan_buckets_take(b, want, &need, begin + t);

        requests += slows ? fit : want;
        before = area;
    }
    if (slows && ph->duration == NS_ABSENT && requests < all) {
        double late = all - requests;

        *length += plan_buckets_time(b, late, &need);
        plan_buckets_take(b, late, &need, begin + *length);
        requests = all;
    }
    return requests;
}

static int64_t times(int64_t a, uint64_t n)
{
    int64_t v;

    return n > INT64_MAX || __builtin_mul_overflow(a, (int64_t)n, &v) ? INT64_MAX : v;
}

static int64_t plus(int64_t a, int64_t b)
{
    int64_t v;

    return __builtin_add_overflow(a, b, &v) ? INT64_MAX : v;
}

/* A trial of the cell that begins then; returns how long it takes. */
static ns_t walk_trial(struct plan_cell *c, struct plan_buckets *b, ns_t begin)
{
    ns_t tail = c->latency < c->cell->limits.drain ? c->latency : c->cell->limits.drain;
    ns_t now = begin;

    b->cell = c;
    if (c->begin == NS_ABSENT)
        c->begin = begin;
    plan_buckets_take(b, 0, &c->need, begin);
    for (size_t i = 0; i < c->cell->n_phases; i++) {
        const struct phase *ph = &c->cell->phases[i];
        struct phase_requests q = requests_of(c, ph);
        ns_t length;
        double all;
        uint64_t n, most;

        if (ph->spare)
            continue;
        all = walk_phase(c, ph, &q, b, now, &length);
        n = (uint64_t)(ph->open ? floor(all + 1e-6) : ceil(all - 1e-6));
        most = (uint64_t)ceil((double)ph->requests * q.turns - 1e-6);

        n = ph->requests && n > most ? most : n;
        c->requests += n;
        c->measured += ph->measured ? n : 0;
        c->estimated |= !ph->open && !(ph->requests && ph->duration == NS_ABSENT);
        c->estimated |= workload_has_sessions(&c->cell->workload);
        c->tokens_in = plus(c->tokens_in, times(q.prompt, n));
        c->tokens_out = plus(c->tokens_out, times(q.completion, n));
        now += length;
    }
    c->time += now + tail - begin;
    return now + tail - begin;
}

/* Rounds hold every cell once, in an order that is turned round from one to the next. */
static void walk_run(struct plan *p, struct plan_buckets *all)
{
    ns_t now = 0, round_begin = 0;

    for (uint64_t i = 0; i < p->trials; i++) {
        uint64_t round = i / p->n_cells, place = i % p->n_cells;
        struct plan_cell *c = &p->cells[round % 2 ? p->n_cells - 1 - place : place];
        ns_t begin = p->scenario->concurrent ? round_begin : now;
        ns_t end = begin + walk_trial(c, plan_buckets_of(p, all, c->cell), begin);

        now = end > now ? end : now;
        if (place == p->n_cells - 1)
            round_begin = now;
    }
    p->total.time = now;
}

static int64_t cost_of(const struct plan_cell *c)
{
    const struct endpoint *e = endpoint_find(c->cell->request.endpoint);

    if (e->takes != PROMPT_MESSAGES)
        return plan_audio_cost(c);
    if (!c->model)
        return -1;
    return e->carries ? catalogue_batch_cost(c->model, c->tokens_in, c->tokens_out)
                      : catalogue_cost(c->model, c->tokens_in, 0, c->tokens_out);
}

static void add_up(struct plan *p)
{
    struct plan_cell *t = &p->total;

    t->audio_in = NS_ABSENT;
    t->characters_in = -1;
    t->completion_max = true;
    for (size_t i = 0; i < p->n_cells; i++) {
        struct plan_cell *c = &p->cells[i];

        c->cost_nusd = cost_of(c);
        plan_add_audio(t, c);
        t->requests += c->requests;
        t->measured += c->measured;
        t->estimated |= c->estimated;
        t->completion_max &= c->completion_max;
        t->tokens_in = plus(t->tokens_in, c->tokens_in);
        t->tokens_out = plus(t->tokens_out, c->tokens_out);
        if (c->cost_nusd < 0 || t->cost_nusd < 0)
            t->cost_nusd = -1;
        else
            t->cost_nusd = plus(t->cost_nusd, c->cost_nusd);
    }
}

static void name_cells(struct plan *p)
{
    const struct cell_key **keys = mem_array(p->n_cells, sizeof(*keys));

    for (size_t i = 0; i < p->n_cells; i++)
        keys[i] = p->cells[i].cell->keys;
    for (size_t i = 0; i < p->n_cells; i++) {
        struct buf b = { 0 };

        cell_name_put(&b, keys, p->n_cells, p->cells[i].cell->n_keys, i);
        p->cells[i].name = b.len ? arena_strdup(&p->arena, b.p) : p->cells[i].cell->name;
        buf_free(&b);
    }
    free(keys);
}

int plan_make(struct plan *p, const struct scenario *s, const struct catalogue *c,
              const struct sysinfo *sys, struct err *err)
{
    *p = (struct plan){
        .scenario = s,
        .catalogue = c,
        .sys = sys,
        .n_cells = s->n_cells,
        .trials = (uint64_t)s->n_cells * s->repeat,
    };
    p->cells = arena_alloc(&p->arena, s->n_cells * sizeof(*p->cells));
    for (size_t i = 0; i < s->n_cells; i++)
        if (describe(p, i, err)) {
            plan_free(p);
            return -1;
        }
    name_cells(p);
    if (plan_check_machine(p, err)) {
        plan_free(p);
        return -1;
    }
    walk_run(p, plan_buckets_open(p));
    add_up(p);
    plan_buckets_sustain(p);
    plan_foresee_search(p);
    plan_warn_all(p);
    return 0;
}

void plan_free(struct plan *p)
{
    arena_free(&p->arena);
    free(p->warnings);
    *p = (struct plan){ 0 };
}
