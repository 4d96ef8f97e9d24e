#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "exporters/kinds.h"
#include "exporters/otlp_logs.h"
#include "exporters/otlp_metrics.h"
#include "exporters/otlp_reply.h"
#include "exporters/otlp_traces.h"

/* OTLP: what is asked for of traces, metrics and logs, kept in step by the entries' time.
 */
struct otlp {
    struct otlp_about about;
    struct otlp_traces *traces; /* NULL: not asked for, as the others */
    struct otlp_metrics *metrics;
    struct otlp_logs *logs;
    ns_t latest;
    ns_t next; /* when the interval is over */
};

static bool asked_for(const struct otlp_env *env, enum export_signal signal,
                      const char *signals)
{
    const char *name = export_signal_names[signal];
    size_t n = strlen(name);

    if (!signals)
        return env->signal[signal] && !env->disabled;
    for (const char *p = signals; p; p = strchr(p, '+')) {
        p += *p == '+';
        if (!strncmp(p, name, n) && (p[n] == '+' || !p[n]))
            return true;
    }
    return false;
}

static int check_signals(const char *signals, struct err *err)
{
    for (const char *p = signals; p; p = strchr(p, '+')) {
        size_t n;
        bool known = false;

        p += *p == '+';
        n = strcspn(p, "+");
        for (int i = EXPORT_TRACES; i < N_EXPORT_SIGNALS; i++)
            known |= str_is((struct str){ p, n }, export_signal_names[i]);
        if (!known)
            return err_set(err, ERR_USAGE,
                           "otlp,signals=%s: expected traces, metrics, logs, or "
                           "several with + between them",
                           signals);
    }
    return 0;
}

static void *otlp_open(const struct export_config *config, const struct export_out *out,
                       struct err *err)
{
    const char *signals = export_setting(config, "signals");
    struct otlp *x = mem_alloc(sizeof(*x));
    const struct otlp_env *env = &x->about.env;

    otlp_about_init(&x->about, config);
    x->next = env->interval;
    if (check_signals(signals, err) ||
        !(x->traces = otlp_traces_open(&x->about, config, out, err))) {
        otlp_about_free(&x->about);
        free(x);
        return NULL;
    }
    if (!asked_for(env, EXPORT_TRACES, signals)) {
        otlp_traces_drop(x->traces);
        x->traces = NULL;
    }
    if (asked_for(env, EXPORT_METRICS, signals))
        x->metrics = otlp_metrics_open(&x->about, out, x->traces);
    if (asked_for(env, EXPORT_LOGS, signals))
        x->logs = otlp_logs_open(&x->about, out, x->traces);
    return x;
}

/* Exemplars are of requests that are kept: metrics go out before the slowest are known. */
static void end_interval(struct otlp *x)
{
    if (x->metrics)
        otlp_metrics_put(x->metrics, x->latest);
    if (x->traces)
        otlp_traces_interval(x->traces);
}

/* A journal may say anything; what it says happened after a century did not. */
#define LATEST (3000000000 * NS_PER_S)

static bool plausible(const struct record *r)
{
    for (int i = 0; i < N_MOMENTS; i++)
        if (r->at[i] > LATEST)
            return false;
    return true;
}

static void tick(struct otlp *x, ns_t at)
{
    if (at > x->latest && at <= LATEST)
        x->latest = at;
    if (x->latest >= x->next) {
        end_interval(x);
        x->next += (x->latest - x->next) / x->about.env.interval * x->about.env.interval +
                   x->about.env.interval;
    }
    if (x->traces)
        otlp_traces_tick(x->traces, x->latest);
    if (x->logs)
        otlp_logs_tick(x->logs, x->latest);
}

static void take_record(void *ctx, const struct record *r)
{
    struct otlp *x = ctx;

    if (!plausible(r))
        return;
    tick(x, r->at[MOMENT_END]);
    if (x->traces)
        otlp_traces_record(x->traces, r);
    if (x->metrics)
        otlp_metrics_record(x->metrics, r);
    if (x->logs)
        otlp_logs_record(x->logs, r);
}

static void take_phase(void *ctx, const struct phase_event *e)
{
    struct otlp *x = ctx;

    tick(x, e->at);
    if (x->traces && e->at <= LATEST)
        otlp_traces_phase(x->traces, e);
}

static void take_health(void *ctx, const struct health_sample *h)
{
    struct otlp *x = ctx;

    tick(x, h->at);
    if (x->metrics)
        otlp_metrics_health(x->metrics, h);
}

static void take_end(void *ctx, const struct run_end *e)
{
    struct otlp *x = ctx;

    if (e->at > x->latest && e->at <= LATEST)
        x->latest = e->at;
    end_interval(x);
    if (x->traces)
        otlp_traces_end(x->traces, x->latest, e);
    x->next = INT64_MAX;
}

static struct journal_sink otlp_sink(void *ctx)
{
    return (
        struct journal_sink){ take_record, take_phase, take_health, NULL, take_end, ctx };
}

static void otlp_summary(void *ctx, const struct summary *s)
{
    struct otlp *x = ctx;

    if (x->logs)
        otlp_logs_summary(x->logs, s);
}

/* Of a run whose last line is missing what is there is put out as it is. */
static void otlp_close(void *ctx)
{
    struct otlp *x = ctx;

    if (x->next != INT64_MAX)
        end_interval(x);
    if (x->traces)
        otlp_traces_close(x->traces);
    if (x->metrics)
        otlp_metrics_close(x->metrics);
    if (x->logs)
        otlp_logs_close(x->logs);
    otlp_about_free(&x->about);
    free(x);
}

static const struct export_option options[] = {
    { "spans", "request|attempt|phases", "how much of a request is spans; default phases" },
    { "traces", "linked|nested",
      "requests as traces of their own, or below their phase; default by number" },
    { "sample", "10%", "share of the traces; failures and the slowest are always kept" },
    { "signals", "traces+metrics+logs", "what is sent; default all" },
    { NULL, NULL, NULL },
};

const struct exporter export_otlp = {
    .name = "otlp",
    .help = "OpenTelemetry traces, metrics and logs: OTLP/HTTP, protobuf",
    .mime = "application/x-protobuf",
    .options = options,
    .signals = true,
    .open = otlp_open,
    .sink = otlp_sink,
    .summary = otlp_summary,
    .close = otlp_close,
    .endpoint = otlp_env_endpoint,
    .reply = otlp_reply,
};
