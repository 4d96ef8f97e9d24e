#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "exporters/kinds.h"
#include "exporters/prom_page.h"

/*
 * Counts for Prometheus: what a scrape sees while the run goes on, and the same in a file
 * behind it (for node_exporter's textfile collector), with the verdicts.
 */
struct prometheus {
    struct export_out out;
    struct prom_counts counts;
};

static const char text_type[] = "text/plain; version=0.0.4; charset=utf-8";
static const char openmetrics_type[] =
    "application/openmetrics-text; version=1.0.0; charset=utf-8";

static void put_page(struct exposition *e, const struct prom_counts *c)
{
    prom_put_now(e, c);
    prom_put_counts(e, c);
    prom_put_health(e, c);
}

static void *prometheus_open(const struct export_config *config,
                             const struct export_out *out,
                             struct err *err __attribute__((unused)))
{
    struct prometheus *x = mem_alloc(sizeof(*x));

    x->out = *out;
    prom_counts_init(&x->counts, config->run);
    return x;
}

static struct journal_sink prometheus_sink(void *ctx)
{
    return prom_counts_sink(&((struct prometheus *)ctx)->counts);
}

/* Does the header ask for OpenMetrics, and not with less than it asks for plain text? */
static bool wants_openmetrics(const char *accept)
{
    double open = 0, plain = 0;

    while (accept && *accept) {
        size_t n = strcspn(accept, ",");
        char part[200];
        char *q;
        double weight = 1;

        snprintf(part, sizeof(part), "%.*s", n < 199 ? (int)n : 199, accept);
        if ((q = strcasestr(part, ";q=")) || (q = strcasestr(part, "; q=")))
            weight = strtod(strchr(q, '=') + 1, NULL);
        if (strcasestr(part, "application/openmetrics-text"))
            open = fmax(open, weight);
        else if (strcasestr(part, "text/plain"))
            plain = fmax(plain, weight);
        accept += n + (accept[n] == ',');
    }
    return open > 0 && open >= plain;
}

static const char *prometheus_page(void *ctx, const char *accept, struct buf *out)
{
    const struct prometheus *x = ctx;
    struct exposition e = { .out = out, .openmetrics = wants_openmetrics(accept) };

    put_page(&e, &x->counts);
    exposition_end(&e);
    return e.openmetrics ? openmetrics_type : text_type;
}

static void prometheus_summary(void *ctx, const struct summary *s)
{
    struct prometheus *x = ctx;
    struct export_chunk chunk = { .signal = EXPORT_FILE, .items = 1 };
    struct exposition e = { 0 };
    struct buf b;

    buf_init(&b, 0);
    e.out = &b;
    put_page(&e, &x->counts);
    prom_put_verdicts(&e, s);
    chunk.bytes = (struct str){ b.p, b.len };
    x->out.put(x->out.ctx, &chunk);
    buf_free(&b);
}

static void prometheus_close(void *ctx)
{
    prom_counts_free(&((struct prometheus *)ctx)->counts);
    free(ctx);
}

const struct exporter export_prometheus = {
    .name = "prometheus",
    .help = "counts and histograms, as a page to be scraped or a file for node_exporter",
    .file = "metrics.prom",
    .mime = text_type,
    .open = prometheus_open,
    .sink = prometheus_sink,
    .summary = prometheus_summary,
    .page = prometheus_page,
    .close = prometheus_close,
};
