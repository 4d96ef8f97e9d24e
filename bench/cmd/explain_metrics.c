#include "cmd/explain.h"

#include <string.h>

#include "data/health.h"
#include "data/metric_peers.h"
#include "data/outcome.h"

static const char opening[] =
    "# Metrics\n\n"
    "<!-- Made by `tokdyno explain --metrics` from the tables the program uses. -->\n\n"
    "What tokdyno measures, from when to when, and what other tools call it.\n"
    "`tokdyno explain ttft` is this page on the terminal;\n"
    "[why-figures-differ.md](why-figures-differ.md) says which figure to hold against "
    "which.\n\n"
    "## Moments of an attempt\n\n"
    "```text\n"
    "due      ready       start   connected   sent   head   role   first   answer   last   "
    "end\n"
    "|- held -| send_lag -|       |           |      |      |      |       |        |      "
    "|\n"
    "|--------------------------- ttft ----------------------------|-- itl, stall --|      "
    "|\n"
    "|------------------------------- ttfa --------------------------------|        |      "
    "|\n"
    "|---------------------------------------- e2e "
    "----------------------------------------|\n"
    "|        |           |------------- ttfr --------------|      |       |        |      "
    "|\n"
    "|        |           |--------------- ttft_api ---------------|       |        |      "
    "|\n"
    "|        |           |---------------------------- e2e_api "
    "---------------------------|\n"
    "```\n";

static const struct {
    const char *name;
    const char *help;
} moments[] = {
    { "due", "when the plan wanted the request, the same on every attempt; in a closed "
             "loop when its slot was free and any think time over" },
    { "ready", "limits.in_flight, pacing and the wait before a retry let this attempt go" },
    { "start", "given to the network" },
    { "connected", "TCP and TLS are ready; = start on a connection that is reused" },
    { "sent", "the whole request is written" },
    { "head", "the headers of the answer" },
    { "role", "the first frame, whatever is in it" },
    { "first", "the first output of any kind: reasoning, text, a tool call, sound" },
    { "reasoning", "the first output that is reasoning, apart or in <think> tags" },
    { "answer", "the first visible text" },
    { "called", "the last piece of the last tool call: all are complete" },
    { "last", "the last output" },
    { "end", "the last byte, or the failure" },
};

static const char words[] =
    "\nThe times of frames are those at which they reached the machine, where the kernel "
    "tells.\nMetrics are of attempts that ended well, those marked \"any\" of all; of a "
    "request its\nfinal attempt counts. Percentiles are of all values together, never "
    "means of percentiles;\neach has a 95 % interval, and one that the sample is too "
    "small for is not told\n([run-json.md](run-json.md)). In files values are integers of "
    "the unit.\n";

/* A bound that one can set for a metric of that unit; `more`: where more is better. */
static const struct {
    const char *less;
    const char *more;
} examples[N_UNITS] = {
    [UNIT_NS] = { "p95 < 400ms", NULL },       [UNIT_MTOKS] = { NULL, "p50 > 100 tok/s" },
    [UNIT_PPM] = { "p95 < 5%", "mean > 50%" }, [UNIT_NUSD] = { "mean < $0.01", NULL },
    [UNIT_TOKENS] = { "mean < 500", NULL },    [UNIT_COUNT] = { "mean < 3", NULL },
    [UNIT_MX] = { NULL, "p50 > 100x" },        [UNIT_MCHARS] = { NULL, "p50 > 100 char/s" },
    [UNIT_BYTES] = { "max < 4M", NULL },
};

const char *explain_example(const struct metric *m)
{
    return m->more_is_better ? examples[m->unit].more : examples[m->unit].less;
}

static void put_cell(struct buf *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '|')
            buf_char(out, '\\');
        buf_char(out, *text);
    }
}

static void put_moments(struct buf *out)
{
    buf_str(out, "\n| moment | is |\n|---|---|\n");
    for (size_t i = 0; i < sizeof(moments) / sizeof(moments[0]); i++)
        buf_printf(out, "| `%s` | %s |\n", moments[i].name, moments[i].help);
    buf_str(out, words);
}

static void put_metrics(struct buf *out)
{
    buf_str(out, "\n## Metrics\n\n| metric | from → to | unit | of | meaning | objective "
                 "|\n|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < N_METRICS; i++) {
        const struct metric *m = &metrics[i];

        buf_printf(out, "| `%s` | ", m->name);
        put_cell(out, m->span ? m->span : "");
        buf_printf(out, " | %s | %s%s | ", unit_names[m->unit],
                   m->any_outcome ? "any " : "", m->per_request ? "request" : "attempt");
        put_cell(out, m->help);
        buf_printf(out, " | `%s %s` |\n", m->name, explain_example(m));
    }
}

static void put_lags(struct buf *out)
{
    buf_str(out, "\n## The instrument\n\nDistributions of the whole run, in "
                 "`run.json` under `health`; `send_lag` is one of them too.\n\n"
                 "| lag | from → to | unit | of | meaning |\n|---|---|---|---|---|\n");
    for (size_t i = 0; i < N_HEALTH_LAGS; i++) {
        const struct health_lag *l = &health_lags[i];

        buf_printf(out, "| `%s` | %s | %s | %s | %s |\n", l->name, l->span,
                   unit_names[UNIT_NS], l->of, l->help);
    }
}

static void put_rates(struct buf *out)
{
    buf_str(out, "\n## Rates\n\nShares have a 95 % interval (Clopper-Pearson).\n\n"
                 "| rate | meaning |\n|---|---|\n");
    for (size_t i = 0; i < N_RATES; i++) {
        buf_printf(out, "| `%s` | ", rates[i].name);
        put_cell(out, rates[i].help);
        buf_str(out, " |\n");
    }
}

static void put_outcomes(struct buf *out)
{
    buf_str(out, "\n## Outcomes\n\n| outcome | meaning | may be retried | is an error | "
                 "latency counts |\n|---|---|---|---|---|\n");
    for (size_t i = 0; i < N_OUTCOMES; i++) {
        const struct outcome_row *o = &outcomes[i];

        buf_printf(out, "| `%s` | ", o->name);
        put_cell(out, o->help);
        buf_printf(out, " | %s | %s | %s |\n", o->retry ? "yes" : "no",
                   o->error ? "yes" : "no", o->latency ? "yes" : "no");
    }
}

static void put_otel(struct buf *out)
{
    buf_str(out,
            "\nOpenTelemetry's conventions for generative AI, which are in development:\n\n"
            "| ours | theirs |\n|---|---|\n");
    for (size_t i = 0; i < N_METRICS; i++)
        if (metrics[i].otel)
            buf_printf(out, "| `%s` | `%s` |\n", metrics[i].name, metrics[i].otel);
}

static void put_peers(struct buf *out)
{
    buf_str(out, "\n## What others call it\n\nAs their own source or documentation says, "
                 "read at the commits below; later versions may differ.\n\"none\": they "
                 "have nothing that is measured so.\n\n"
                 "| ours | tool | theirs | how it is made |\n|---|---|---|---|\n");
    for (size_t i = 0; i < n_peer_names; i++) {
        const struct peer_name *p = &peer_names[i];
        bool none = !strcmp(p->name, "none");

        buf_printf(out, "| `%s` | %s | %s%s%s | ",
                   p->is_rate ? rates[p->rate].name : metrics[p->metric].name,
                   peers[p->peer].name, none ? "" : "`", p->name, none ? "" : "`");
        put_cell(out, p->formula);
        buf_str(out, " |\n");
    }
    put_otel(out);
    buf_str(out, "\nRead for this page:\n\n");
    for (size_t i = 0; i < N_PEERS; i++)
        buf_printf(out, "- %s, github.com/%s: %s\n", peers[i].name, peers[i].repo,
                   peers[i].read);
}

void explain_metrics(struct buf *out)
{
    buf_str(out, opening);
    put_moments(out);
    put_metrics(out);
    put_lags(out);
    put_rates(out);
    put_outcomes(out);
    put_peers(out);
}
