#include "data/doctor.h"

#include <string.h>

#include "base/arena.h"
#include "base/version.h"
#include "data/stats.h"

const struct doctor_figures doctor_unknown = { -1, -1, -1, -1, -1, -1, -1,
                                               -1, -1, -1, -1, -1, -1 };

#define FIGURE(key, member) FIELD_INT(key, I64, struct doctor_figures, member, -1)

const struct field doctor_fields[N_DOCTOR_FIELDS] = {
    FIGURE("streams", streams),
    FIGURE("frames_per_s", frames_per_s),
    FIGURE("frame_error_p50_ns", frame_error_p50),
    FIGURE("frame_error_p99_ns", frame_error_p99),
    FIGURE("frame_error_max_ns", frame_error_max),
    FIGURE("ttft_error_p99_ns", ttft_error_p99),
    FIGURE("ttft_error_max_ns", ttft_error_max),
    FIGURE("streams_not_valid", streams_not),
    FIGURE("rate_per_s", rate),
    FIGURE("rate_not_valid", rate_not),
    FIGURE("send_lag_p99_ns", send_lag_p99),
    FIGURE("send_lag_max_ns", send_lag_max),
    FIGURE("age_s", age_s),
};

static enum validity worse(enum validity a, enum validity b)
{
    if (a == VALIDITY_CLIENT_LIMITED || b == VALIDITY_CLIENT_LIMITED)
        return VALIDITY_CLIENT_LIMITED;
    return a > b ? a : b;
}

static ns_t larger(ns_t a, ns_t b)
{
    return a > b ? a : b;
}

enum validity doctor_judge(const struct doctor_rung *r, const struct health_facts *facts)
{
    struct health_facts seen = *facts;
    ns_t e;

    seen.sim_late_p99 = r->sim_late_p99;
    seen.stamp_error_p99 =
        r->frames.n ? larger(r->frames.p99, r->first.p99) : facts->stamp_error_p99;
    return worse(r->told, health_judge(&seen, &e));
}

/* How many rungs there are up to the highest that is valid. */
static size_t height(const struct doctor_ladder *l)
{
    size_t n = l->n;

    while (n && l->rungs[n - 1].validity != VALIDITY_VALID)
        n--;
    return n;
}

const struct doctor_rung *doctor_highest(const struct doctor_ladder *l)
{
    size_t n = height(l);

    return n ? &l->rungs[n - 1] : NULL;
}

const struct doctor_rung *doctor_beyond(const struct doctor_ladder *l)
{
    size_t n = height(l);

    return n < l->n ? &l->rungs[n] : NULL;
}

bool doctor_bears(uint64_t n, double percentile)
{
    return n && n >= (uint64_t)stats_min_sample(percentile / 100, 0.95);
}

static ns_t p99_of(const struct doctor_spread *s)
{
    return doctor_bears(s->n, 99) ? s->p99 : -1;
}

void doctor_conclude(struct doctor *d)
{
    const struct doctor_rung *streams = doctor_highest(&d->streams);
    const struct doctor_rung *rate = doctor_highest(&d->rates);
    const struct doctor_rung *no_streams = doctor_beyond(&d->streams);
    const struct doctor_rung *no_rate = doctor_beyond(&d->rates);
    struct doctor_figures *f = &d->figures;

    *f = doctor_unknown;
    f->streams = f->rate = 0;
    f->streams_not = no_streams ? no_streams->asked : -1;
    f->rate_not = no_rate ? no_rate->asked : -1;
    if (streams) {
        f->streams = streams->asked;
        f->frames_per_s = d->frames_per_s;
        f->frame_error_p50 = doctor_bears(streams->frames.n, 50) ? streams->frames.p50 : -1;
        f->frame_error_p99 = p99_of(&streams->frames);
        f->frame_error_max = streams->frames.max;
        f->ttft_error_p99 = p99_of(&streams->first);
        f->ttft_error_max = streams->first.max;
    }
    if (rate) {
        f->rate = rate->asked;
        f->send_lag_p99 = p99_of(&rate->send);
        f->send_lag_max = rate->send.max;
    }
}

/* --- reading it back ----------------------------------------------------------------- */

struct document {
    int64_t schema;
    int64_t made_real;
    const char *version;
    struct {
        const char *host;
        const char *kernel;
        const char *boot_id;
        const char *cpu;
        int64_t cores;
    } machine;
    struct doctor_figures figures;
};

static const struct field machine_fields[] = {
    FIELD_TEXT("host", struct document, machine.host),
    FIELD_TEXT("kernel", struct document, machine.kernel),
    FIELD_TEXT("boot_id", struct document, machine.boot_id),
    FIELD_TEXT("cpu", struct document, machine.cpu),
    FIELD_INT("cores", I64, struct document, machine.cores, -1),
};

static const struct field document_fields[] = {
    FIELD_INT("schema", I64, struct document, schema, -1),
    FIELD_INT("made_real_ns", I64, struct document, made_real, -1),
    FIELD_TEXT("tokdyno", struct document, version),
    FIELD_PART("machine", machine_fields),
    FIELD_OBJECT("result", doctor_fields, struct document, figures),
};

static const char *keep(void *ctx, struct str raw)
{
    struct buf text = { 0 };
    const char *copy;

    json_unescape(raw, &text);
    copy = arena_strndup(ctx, text.p ? text.p : "", text.len);
    buf_free(&text);
    return copy;
}

static bool same_machine(const struct document *d, const struct machine *here)
{
    return !strcmp(d->machine.host, here->host) &&
           !strcmp(d->machine.kernel, here->kernel) &&
           !strcmp(d->machine.boot_id, here->boot_id) &&
           !strcmp(d->machine.cpu, here->cpu) && d->machine.cores == here->cores &&
           !strcmp(d->version, TOKDYNO_VERSION);
}

/* What was made in the future says that the clock was set: its age is not known. */
static int judge(const struct document *d, const struct machine *here, ns_t now,
                 struct doctor_figures *f)
{
    if (!same_machine(d, here) || d->made_real > now || now - d->made_real > DOCTOR_FRESH)
        return 1;
    *f = d->figures;
    f->age_s = (now - d->made_real) / NS_PER_S;
    return 0;
}

int doctor_recall(struct doctor_figures *f, const char *json, size_t n,
                  const struct machine *here, ns_t now_real, struct err *err)
{
    struct arena arena = { 0 };
    struct fields_reader rd = { .keep = keep, .ctx = &arena };
    struct document d = { .schema = -1, .made_real = -1, .version = "" };
    int rc;

    *f = doctor_unknown;
    d.figures = doctor_unknown;
    d.machine.host = d.machine.kernel = d.machine.boot_id = d.machine.cpu = "";
    json_init(&rd.j, json, n);
    fields_get(&rd, document_fields, sizeof(document_fields) / sizeof(document_fields[0]),
               &d);
    if (rd.bad || !json_done(&rd.j) || d.schema < 0 || d.made_real < 0)
        rc = err_set(err, ERR_PARSE, "this is no result of `tokdyno doctor`");
    else if (d.schema != DOCTOR_SCHEMA || d.figures.streams < 0)
        rc = 1;
    else
        rc = judge(&d, here, now_real, f);
    arena_free(&arena);
    return rc;
}
