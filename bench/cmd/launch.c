#include "cmd/launch.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/sysinfo.h"
#include "base/tame.h"
#include "base/units.h"
#include "cmd/apikey.h"
#include "cmd/cmd.h"
#include "cmd/doctor_cache.h"
#include "cmd/doctor_warn.h"
#include "cmd/exports.h"
#include "cmd/live.h"
#include "cmd/rundir.h"
#include "cmd/simchild.h"
#include "cmd/terminal.h"
#include "load/drive.h"
#include "load/plan.h"
#include "load/wire.h"
#include "reports/report.h"

/* One scenario on its way to a run directory. */
struct launch {
    const struct run_options *options;
    const struct interrupts *interrupts;
    struct scenario scenario;
    struct catalogue catalogue;
    struct sysinfo sys;
    struct plan plan;
    struct prompt_sets prompts;
    struct rundir dir;
    char truth[4300];
    struct simchild sim;
    bool has_sim;
    char **keys;                  /* one a cell */
    struct drive_target *targets; /* one a cell */
    struct doctor_figures doctor; /* what it found on this machine */
    struct run run;
    struct recorder *recorder;
    struct collector collector;
    struct live live;
    struct arena arena; /* of the specs */
    struct export_spec *specs;
    struct exports exports;
};

static int read_scenario(struct scenario *s, const char *file,
                         const struct setting *settings, size_t n, struct err *err)
{
    return file ? scenario_read(s, file, settings, n, err)
                : scenario_from_flags(s, settings, n, err);
}

/* A run without a seed of its own gets one, and is resolved with it, so it can be repeated.
 */
static int read_seeded(struct scenario *s, const char *file, const struct run_options *o,
                       struct err *err)
{
    struct setting *settings = o->settings;
    char text[24];
    uint64_t seed = 0;

    if (read_scenario(s, file, settings, o->n_settings, err))
        return -1;
    if (s->has_seed)
        return 0;
    scenario_free(s);
    if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
        seed = (uint64_t)clock_now(&clock_system);
    snprintf(text, sizeof(text), "%" PRIu64, seed >> 33);
    settings[o->n_settings] = (struct setting){ "seed", text, NULL };
    return read_scenario(s, file, settings, o->n_settings + 1, err);
}

static int read_keys(struct launch *l, struct err *err)
{
    const struct scenario *s = &l->scenario;

    l->keys = mem_array(s->n_cells, sizeof(*l->keys));
    l->targets = mem_array(s->n_cells, sizeof(*l->targets));
    for (size_t i = 0; i < s->n_cells; i++) {
        const struct cell *c = &s->cells[i];

        if (apikey_read(&c->target, &l->keys[i], err))
            return -1;
        if (l->keys[i])
            apikey_guard();
        l->targets[i] = (struct drive_target){
            .base_url = c->target.base_url,
            .key = l->keys[i],
            .send_id = target_is_sim(c->target.base_url) || c->target.id_header,
        };
    }
    return 0;
}

static int start_sim(struct launch *l, struct err *err)
{
    struct scenario *s = &l->scenario;

    rundir_file(&l->dir, "truth.jsonl", l->truth, sizeof(l->truth));
    for (size_t i = 0; i < s->n_cells; i++) {
        const struct target *t = &s->cells[i].target;

        if (!target_is_sim(t->base_url))
            continue;
        if (!l->has_sim &&
            simchild_start(&l->sim, l->truth, t->catalogue, s->seed, t->sim, t->n_sim, err))
            return -1;
        l->has_sim = true;
        l->targets[i].base_url = l->sim.base_url;
    }
    return 0;
}

static int put_text(const struct launch *l, const char *file, const char *text,
                    struct err *err)
{
    struct buf b;
    int rc;

    buf_init(&b, 0);
    buf_str(&b, text);
    rc = rundir_put(&l->dir, file, &b, err);
    buf_free(&b);
    return rc;
}

static int put_running(const struct launch *l, struct err *err)
{
    struct buf b;
    int rc;

    buf_init(&b, 0);
    report_json_running(&b, &l->run);
    rc = rundir_put(&l->dir, "run.json", &b, err);
    buf_free(&b);
    return rc;
}

static int open_journal(struct launch *l, struct err *err)
{
    char path[4300];
    struct journal *j;

    j = journal_open(rundir_file(&l->dir, "requests.jsonl", path, sizeof(path)), err);
    if (!j)
        return -1;
    collector_init(&l->collector, j);
    run_write(&l->run, journal_buf(j));
    if (journal_flush(j, 0, true, err))
        return -1;
    l->recorder = recorder_open(&l->run);
    collector_add_sink(&l->collector, recorder_sink(l->recorder));
    return 0;
}

static int open_exports(struct launch *l, struct err *err)
{
    if (!l->options->n_exports)
        return 0;
    if (exports_open(&l->exports, l->specs, l->options->n_exports, &l->run, l->dir.path,
                     true, err))
        return -1;
    collector_add_sink(&l->collector, exports_sink(&l->exports));
    return 0;
}

static void tick(void *ctx, uint64_t in_flight)
{
    struct launch *l = ctx;

    live_tick(&l->live, clock_now(&clock_system), in_flight);
}

/* The load, and the journal's last line. */
static void put_load(struct launch *l)
{
    struct drive drive = {
        .clock = &clock_system,
        .scenario = &l->scenario,
        .run = &l->run,
        .catalogue = &l->catalogue,
        .targets = l->targets,
        .prompts = &l->prompts,
        .collector = &l->collector,
        .recorder = l->recorder,
        .interrupts = &l->interrupts->n,
        .tick = tick,
        .ctx = l,
    };
    struct run_end end = { .sim_late_p99 = NS_ABSENT, .sim_cpu = NS_ABSENT };
    char detail[300];
    ns_t cpu = clock_cpu();

    end.reason = drive_run(&drive, detail, sizeof(detail));
    live_clear(&l->live);
    end.at = clock_now(&clock_system) - l->run.t0_mono;
    end.cpu = clock_cpu() - cpu;
    end.detail = detail;
    end.dropped = l->collector.dropped;
    if (l->has_sim)
        simchild_stop(&l->sim, l->truth, &end.sim_late_p99, &end.sim_cpu);
    l->has_sim = false;
    collector_end(&l->collector, &end);
}

static int put_results(struct launch *l, const struct buf *json, struct err *err)
{
    struct buf hlog;
    int rc;

    buf_init(&hlog, 0);
    report_hlog(&hlog, &l->run, l->recorder);
    rc = rundir_put(&l->dir, "latency.hlog", &hlog, err);
    rc |= rundir_put(&l->dir, "run.json", json, err);
    buf_free(&hlog);
    return rc;
}

static int print(const struct buf *b, struct err *err)
{
    fwrite(b->p, 1, b->len, stdout);
    if (fflush(stdout) || ferror(stdout))
        return err_set(err, ERR_IO, "cannot write the summary to stdout: %s",
                       strerror(errno));
    return 0;
}

/* Of a run whose files are not all there only that the target was of no use is said first.
 */
static int exit_code(const struct launch *l, const struct summary *s, bool written)
{
    int code = report_exit_code(s);

    if (l->interrupts->n)
        return l->interrupts->last == SIGTERM ? EXIT_SIGTERM : EXIT_SIGINT;
    return written || code == EXIT_TARGET ? code : EXIT_INVALID;
}

static int tell(struct launch *l, struct err *err)
{
    struct summary s;
    struct buf json, text;
    bool written;
    int rc;

    summary_make(&s, &l->run, l->recorder);
    buf_init(&json, 0);
    buf_init(&text, 0);
    report_json(&json, &s);
    report_text(&text, &s, terminal_has_colour(STDOUT_FILENO));
    written = !put_results(l, &json, err) && !l->collector.failed;
    if (!written)
        fprintf(stderr, "tokdyno run: %s\n",
                l->collector.failed ? l->collector.err.msg : err->msg);
    rc = exit_code(l, &s, written);
    if (print(l->options->json ? &json : &text, err) && !l->interrupts->n)
        rc = -1;
    if (!l->options->quiet)
        fprintf(stderr, "results: %s\n", l->dir.path);
    exports_close(&l->exports, &s, !l->options->quiet);
    buf_free(&json);
    buf_free(&text);
    summary_free(&s);
    return rc;
}

/* What --out means for this scenario; NULL without it. */
static const char *out_of(const struct launch *l, char path[4000])
{
    const struct run_options *o = l->options;

    if (!o->out || o->n_files < 2)
        return o->out;
    snprintf(path, 4000, "%.3000s/%.900s", o->out, l->scenario.name);
    return path;
}

static int open_dir(struct launch *l, struct err *err)
{
    char path[4000];

    if (rundir_make(&l->dir, out_of(l, path), l->scenario.name, err))
        return -1;
    return put_text(l, "scenario.yaml", l->scenario.resolved, err);
}

static void plan_run(struct launch *l)
{
    run_plan(&l->run, &l->scenario, clock_now(&clock_system),
             clock_system.real(clock_system.ctx));
    l->run.host.libcurl = wire_library_version();
    l->run.doctor = l->doctor;
    for (size_t i = 0; i < l->run.n_cells; i++)
        l->run.cells[i].forecast = plan_forecast(&l->plan, i);
}

/* A file that cannot be used is as good as none; that it is there, is said. */
static void ask_doctor(struct launch *l)
{
    struct err err;

    if (doctor_cache_load(&l->doctor, clock_system.real(clock_system.ctx), &err) < 0 &&
        !l->options->quiet) {
        tame(err.msg, strlen(err.msg), false);
        fprintf(stderr, "tokdyno run: %s; ignored\n", err.msg);
    }
}

static void announce(const struct launch *l)
{
    struct buf b;

    if (l->options->quiet)
        return;
    buf_init(&b, 0);
    buf_printf(&b, "%s: %zu trial%s, about ", l->scenario.name, l->run.n_trials,
               l->run.n_trials == 1 ? "" : "s");
    units_put_count(&b, l->plan.total.requests);
    buf_str(&b, " requests in ");
    units_put_duration(&b, l->plan.total.time);
    buf_printf(&b, "; seed %" PRIu64 "; %s\n", l->run.seed, l->dir.path);
    for (size_t i = 0; i < l->plan.n_urgent; i++)
        buf_printf(&b, "warning: %s\n", l->plan.warnings[i]);
    doctor_warn(&b, &l->doctor, &l->scenario);
    tame(b.p, b.len, false);
    fputs(b.p, stderr);
    buf_free(&b);
}

static int measure(struct launch *l, struct err *err)
{
    ask_doctor(l);
    if (read_keys(l, err) || open_dir(l, err) || start_sim(l, err))
        return -1;
    plan_run(l);
    if (put_running(l, err) || open_journal(l, err) || open_exports(l, err))
        return -1;
    announce(l);
    live_init(&l->live, &l->run, l->recorder, l->options->quiet);
    put_load(l);
    return tell(l, err);
}

static void clean_up(struct launch *l)
{
    ns_t late, cpu;
    struct err ignored;

    exports_close(&l->exports, NULL, false);
    if (l->has_sim)
        simchild_stop(&l->sim, l->truth, &late, &cpu);
    if (l->recorder)
        recorder_close(l->recorder);
    if (l->collector.journal) {
        journal_close(l->collector.journal, &ignored);
        collector_free(&l->collector);
    }
    for (size_t i = 0; l->keys && i < l->scenario.n_cells; i++)
        apikey_forget(l->keys[i]);
    free(l->keys);
    free(l->targets);
    run_free(&l->run);
    prompt_sets_close(&l->prompts);
    plan_free(&l->plan);
    catalogue_free(&l->catalogue);
    scenario_free(&l->scenario);
    arena_free(&l->arena);
}

static int show_plan(const struct launch *l, struct err *err)
{
    struct buf b;
    int rc;

    buf_init(&b, 0);
    if (l->options->json)
        plan_json(&b, &l->plan);
    else
        plan_text(&b, &l->plan);
    rc = print(&b, err);
    buf_free(&b);
    return rc ? -1 : EXIT_GOOD;
}

static int prepare(struct launch *l, const char *file, struct err *err)
{
    const struct run_options *o = l->options;

    if (exports_read(o->exports, o->n_exports, &l->specs, &l->arena, err))
        return err_at(err, "--export");
    if (read_seeded(&l->scenario, file, o, err))
        return -1;
    sysinfo_read(&l->sys);
    return catalogue_read(&l->catalogue, l->scenario.cells[0].target.catalogue, err) ||
                   plan_make(&l->plan, &l->scenario, &l->catalogue, &l->sys, err) ||
                   prompt_sets_open(&l->prompts, &l->scenario, err)
               ? -1
               : 0;
}

int launch(const struct run_options *o, const char *file,
           const struct interrupts *interrupts, struct err *err)
{
    struct launch l = { .options = o, .interrupts = interrupts };
    int rc = prepare(&l, file, err);

    if (!rc)
        rc = o->dry_run ? show_plan(&l, err) : measure(&l, err);
    clean_up(&l);
    return rc;
}

int launch_check(const struct run_options *o, const char *file, char **name,
                 struct err *err)
{
    struct launch l = { .options = o };
    char path[4000];
    int rc = prepare(&l, file, err);

    if (!rc)
        *name = mem_strdup(l.scenario.name);
    if (!rc && !o->dry_run)
        rc = read_keys(&l, err);
    if (!rc && !o->dry_run && o->out)
        rc = rundir_check(out_of(&l, path), err);
    clean_up(&l);
    return rc;
}
