#include <math.h>
#include <string.h>

#include "data/search_judge.h"
#include "reports/figure.h"
#include "reports/plot.h"

/*
 * The curve of a search: every probe by the rate that was asked for. Above the objective,
 * with its interval, its bound and where the knee is; below the rate that arrived, and the
 * share of requests that failed.
 */
enum { HIGHER = 440 };

/* What an axis counts in. */
struct scale {
    const char *name;
    double one;
};

static struct scale scale_of(const struct slo *slo)
{
    static const struct scale of_metrics[] = {
        [UNIT_NS] = { ", ms", NS_PER_MS }, [UNIT_MTOKS] = { ", tok/s", 1e3 },
        [UNIT_PPM] = { ", %", 1e4 },       [UNIT_NUSD] = { ", $", 1e9 },
        [UNIT_TOKENS] = { "", 1 },         [UNIT_COUNT] = { "", 1 },
        [UNIT_MX] = { ", times", 1e3 },    [UNIT_MCHARS] = { ", characters/s", 1e3 },
        [UNIT_BYTES] = { ", bytes", 1 },
    };
    static const struct scale of_rates[] = {
        [RATE_UNIT_PPM] = { ", %", 1e4 },
        [RATE_UNIT_PER_S] = { ", per s", 1 },
        [RATE_UNIT_TOKENS_PER_S] = { ", tok/s", 1 },
        [RATE_UNIT_NUSD] = { ", $", 1e9 },
    };

    return slo->is_rate ? of_rates[rates[slo->rate].unit]
                        : of_metrics[metrics[slo->metric].unit];
}

/* The objective that is drawn: the first of a metric, else the first. */
struct drawn {
    const struct slo *slo;
    uint32_t of; /* those of the search, from 0 */
    struct scale scale;
};

static struct drawn drawn_of(const struct run *run)
{
    const struct slo *slos = run->slos + run->n_slos - run->n_search_slos;
    struct drawn d = { .slo = slos };

    for (uint32_t i = run->n_search_slos; i-- > 0;)
        if (!slos[i].is_rate)
            d.of = i;
    d.slo = slos + d.of;
    d.scale = scale_of(d.slo);
    return d;
}

/* "ttft p95, ms". */
static void put_label(struct sketch *d, const struct drawn *what)
{
    struct buf b = { 0 };

    buf_add(&b, what->slo->text, strcspn(what->slo->text, "<>"));
    while (b.len && b.p[b.len - 1] == ' ')
        b.p[--b.len] = '\0';
    buf_str(&b, what->scale.name);
    sketch_text(d, "objective_label", b.p);
    buf_free(&b);
}

/* What the axes have to hold. */
struct reach {
    double least_rate, most_rate;
    double least, most; /* of the objective */
    double most_failed; /* % */
    size_t probes;
    size_t of[N_SEARCH_VERDICTS];
};

static void widen(double *least, double *most, double v)
{
    if (!(v > 0) || !isfinite(v))
        return;
    *least = fmin(*least, v);
    *most = fmax(*most, v);
}

static const struct summary_slo *value_of(const struct summary_search *s, size_t probe,
                                          const struct run *run, const struct drawn *d)
{
    return &s->values[probe * run->n_search_slos + d->of];
}

static double failed(const struct subject *s, const struct summary_search *of, size_t probe)
{
    size_t group = (size_t)of->trial * s->run->n_phases + of->probes[probe].phase;
    const struct tally *t = &s->summary->trials[group].tally;
    double all = (double)(t->requests + t->cut);

    return all > 0 ? 100 * (double)(t->request_errors + t->cut) / all : NAN;
}

static struct reach reach_of(const struct subject *s, const struct drawn *d)
{
    double bound = d->slo->value / d->scale.one;
    struct reach r = { .least_rate = INFINITY, .least = bound, .most = bound };

    for (size_t i = 0; i < s->summary->n_searches; i++) {
        const struct summary_search *of = &s->summary->searches[i];

        for (size_t k = 0; of->cell == s->cell && k < of->n_probes; k++) {
            const struct summary_slo *v = value_of(of, k, s->run, d);
            double share = failed(s, of, k);

            r.probes++;
            r.of[of->probes[k].verdict]++;
            widen(&r.least_rate, &r.most_rate, (double)of->probes[k].rate / 1e6);
            widen(&r.least_rate, &r.most_rate, (double)of->probes[k].arrived / 1e6);
            if (v->has_value && !v->infinite)
                widen(&r.least, &r.most, v->value / d->scale.one);
            if (share > r.most_failed)
                r.most_failed = share;
        }
    }
    return r;
}

/* What failed or came too late for any figure is drawn at the top of the plot. */
static void put_probe(struct sketch *d, const struct summary_slo *v,
                      const struct search_probe *p, const struct drawn *what, double top,
                      double errors)
{
    double value = v->infinite ? top : v->has_value ? v->value / what->scale.one : NAN;
    double lo = v->interval ? v->lo / what->scale.one : value;
    double hi = !v->interval ? value : v->hi < 0 ? top : v->hi / what->scale.one;

    sketch_row(d, "%.6g %.6g %.6g %.6g %.6g %.6g", (double)p->rate / 1e6, value,
               fmin(lo, value), fmin(fmax(hi, value), top), (double)p->arrived / 1e6,
               errors);
}

static void put_probes(struct sketch *d, const struct subject *s, const struct drawn *what,
                       enum search_verdict verdict, double top)
{
    sketch_block(d, search_verdict_names[verdict]);
    for (size_t i = 0; i < s->summary->n_searches; i++) {
        const struct summary_search *of = &s->summary->searches[i];

        for (size_t k = 0; of->cell == s->cell && k < of->n_probes; k++)
            if (of->probes[k].verdict == verdict)
                put_probe(d, value_of(of, k, s->run, what), &of->probes[k], what, top,
                          failed(s, of, k));
    }
    sketch_end(d);
}

static void put_knee(struct sketch *d, const struct summary_capacity *c)
{
    struct buf b = { 0 };

    figure_number(&b, (double)c->rate / 1e6);
    buf_str(&b, " ± ");
    figure_number(&b, (double)c->error / 1e6);
    buf_str(&b, " per s");
    sketch_text(d, "knee_label", b.p);
    buf_free(&b);
    sketch_set(d, "has_knee", c->found > 0);
    sketch_set(d, "knee", (double)c->rate / 1e6);
    sketch_set(d, "knee_from", (double)(c->rate - c->error) / 1e6);
    sketch_set(d, "knee_to", (double)(c->rate + c->error) / 1e6);
}

static void say_rate(struct sketch *d, int64_t millionths)
{
    figure_number(&d->caption, (double)millionths / 1e6);
    sketch_say(d, "/s");
}

static void say(struct sketch *d, const struct subject *s, const struct reach *r,
                const struct summary_capacity *c)
{
    sketch_say(d, "Each of ");
    sketch_say_count(d, r->probes, "probe", "probes");
    sketch_say(d,
               " by the rate it asked for, with 95 %% intervals; dashed: the objective.");
    if (c->found) {
        sketch_say(d, " The knee is at ");
        say_rate(d, c->rate);
        sketch_say(d, " ± ");
        say_rate(d, c->error);
        sketch_say(d, " (band).");
    } else
        sketch_say(d, " No knee was found between them.");
    if (r->of[SEARCH_UNFINISHED])
        sketch_say(d, " One that was stopped on the way is left out.");
    sketch_say(d, " Below: the rate that arrived%s.",
               r->most_failed > 0 ? ", and the share that failed" : "; nothing failed");
    sketch_say_error(d, s, HEADLINE_TTFT);
}

bool sketch_knee(struct sketch *d, const struct subject *s, size_t n)
{
    struct drawn what;
    struct reach r;
    struct summary_capacity c;

    (void)n;
    if (!s->run->cells[s->cell].search.range.probes) {
        sketch_say(d, "the rate was given, not searched for");
        return false;
    }
    what = drawn_of(s->run);
    r = reach_of(s, &what);
    if (!r.probes) {
        sketch_say(d, "no probe of the search was begun");
        return false;
    }
    c = summary_capacity(s->summary, s->cell);
    d->height = HIGHER;
    sketch_wide_axis(d, "value", r.least, r.most);
    sketch_wide_axis(d, "rate", r.least_rate, r.most_rate);
    sketch_axis(d, "failed", fmax(r.most_failed, 1));
    sketch_set(d, "has_failed", r.most_failed > 0);
    sketch_set(d, "bound", what.slo->value / what.scale.one);
    put_label(d, &what);
    put_knee(d, &c);
    for (int v = 0; v < SEARCH_UNFINISHED; v++) {
        put_probes(d, s, &what, (enum search_verdict)v, 10 * r.most);
        buf_printf(&d->data, "has_%s = %d\n", search_verdict_names[v], r.of[v] > 0);
    }
    say(d, s, &r, &c);
    return true;
}
