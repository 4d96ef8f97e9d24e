#include "base/json.h"
#include "base/version.h"
#include "reports/doctor.h"
#include "reports/json_parts.h"

enum { INDENT = 1 };

/* What is not known is left out. */
static void put_known(struct jsonw *w, const char *key, int64_t v)
{
    if (v >= 0)
        json_put_int(w, key, v);
}

static void put_text(struct jsonw *w, const char *key, const char *text)
{
    if (*text)
        json_put_text(w, key, text);
}

static void put_machine(struct jsonw *w, const struct doctor *d)
{
    const struct machine *m = &d->machine;

    json_begin_object(w, "machine");
    put_text(w, "host", m->host);
    put_text(w, "kernel", m->kernel);
    put_text(w, "boot_id", m->boot_id);
    put_text(w, "cpu", m->cpu);
    put_known(w, "cores", m->cores);
    put_known(w, "cores_allowed", m->sys.cores);
    put_known(w, "cpu_limit_millicores", m->cpu_limit_milli);
    put_known(w, "load_average_milli", m->load_milli);
    put_text(w, "clock_source", m->clock_source);
    put_text(w, "governor", m->governor);
    put_text(w, "libcurl", d->libcurl);
    json_put_bool(w, "kernel_stamps", d->stamps);
    put_known(w, "open_files_soft", m->sys.files_soft);
    put_known(w, "open_files_hard", m->sys.files_hard);
    put_known(w, "ports", m->sys.ports);
    put_known(w, "tcp_tw_reuse", m->sys.tw_reuse);
    put_known(w, "new_connections_per_s", machine_connections_per_s(&m->sys));
    put_known(w, "somaxconn", m->somaxconn);
    put_known(w, "tcp_rmem_max", m->rmem_max);
    put_known(w, "tcp_wmem_max", m->wmem_max);
    put_known(w, "client_core", d->client_core);
    put_known(w, "simulator_core", d->sim_core);
    jsonw_end(w);
}

static void put_spread(struct jsonw *w, const char *key, const struct doctor_spread *s)
{
    json_begin_object(w, key);
    json_put_count(w, "n", s->n);
    if (doctor_bears(s->n, 50)) {
        json_put_int(w, "p50_ns", s->p50);
        put_known(w, "p50_lo_ns", s->p50_lo);
        put_known(w, "p50_hi_ns", s->p50_hi);
    }
    if (doctor_bears(s->n, 99)) {
        json_put_int(w, "p99_ns", s->p99);
        put_known(w, "p99_lo_ns", s->p99_lo);
        put_known(w, "p99_hi_ns", s->p99_hi);
    }
    if (s->n)
        json_put_int(w, "max_ns", s->max);
    jsonw_end(w);
}

static void put_rung(struct jsonw *w, const char *what, const struct doctor_rung *r)
{
    jsonw_object(w);
    json_put_int(w, what, r->asked);
    json_put_text(w, "verdict", validity_names[r->validity]);
    json_put_bool(w, "valid", r->validity == VALIDITY_VALID);
    json_put_text(w, "verdict_of_the_run", validity_names[r->told]);
    json_put_count(w, "tries", r->tries);
    json_put_count(w, "requests", r->requests);
    json_put_count(w, "matched", r->matched);
    put_spread(w, "ttft_error", &r->first);
    put_spread(w, "frame_error", &r->frames);
    put_spread(w, "send_lag", &r->send);
    put_known(w, "simulator_late_p99_ns", r->sim_late_p99);
    put_known(w, "frames_per_s", r->frames_per_s);
    put_known(w, "cpu_ppm", r->cpu_ppm);
    jsonw_end(w);
}

static void put_ladder(struct jsonw *w, const char *key, const char *what,
                       const struct doctor_ladder *l)
{
    json_begin_array(w, key);
    for (size_t i = 0; i < l->n; i++)
        put_rung(w, what, &l->rungs[i]);
    jsonw_end(w);
}

void report_doctor_json(struct buf *out, const struct doctor *d)
{
    struct jsonw w;

    jsonw_init(&w, out, INDENT);
    jsonw_object(&w);
    json_put_int(&w, "schema", DOCTOR_SCHEMA);
    json_put_text(&w, "tokdyno", TOKDYNO_VERSION);
    json_put_int(&w, "made_real_ns", d->made_real);
    jsonw_key(&w, "result");
    fields_put(&w, doctor_fields, N_DOCTOR_FIELDS, &d->figures);
    put_machine(&w, d);
    json_put_int(&w, "frames_per_s_of_a_stream", d->frames_per_s);
    put_ladder(&w, "streams", "streams", &d->streams);
    put_ladder(&w, "rates", "rate_per_s", &d->rates);
    put_known(&w, "streams_left_out_for_open_files",
              d->streams.left_out ? d->streams.left_out : -1);
    json_begin_object(&w, "null");
    put_known(&w, "request_ns", d->null_request);
    put_known(&w, "frame_ns", d->null_frame);
    jsonw_end(&w);
    jsonw_end(&w);
    buf_char(out, '\n');
}
