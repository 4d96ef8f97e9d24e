#ifndef CMD_EXPORTS_H
#define CMD_EXPORTS_H

#include "exporters/exporter.h"

/*
 * The exporters of one run, each with its destination: fed as one sink, closed together,
 * told of in one line each. Nothing that goes wrong behind exports_open matters to the run.
 *
 *     exports_read(texts, n, &specs, arena, &err);       before anything is sent
 *     exports_open(&x, specs, n, &run, dir, false, &err);
 *     collector_add_sink(&c, exports_sink(&x)); ...
 *     exports_close(&x, &summary);
 */
struct exporting;

struct exports {
    struct exporting *items;
    size_t n;
};

/* Each --export text into a spec. -1 with the text in the message. */
int exports_read(const char *const *texts, size_t n, struct export_spec **specs,
                 struct arena *arena, struct err *err);

/*
 * dir: the run directory, for default names. live: a load is under way, so that what a
 * destination cannot take is dropped; else it is waited for. specs and run outlive it.
 */
int exports_open(struct exports *x, const struct export_spec *specs, size_t n,
                 const struct run *run, const char *dir, bool live, struct err *err);
struct journal_sink exports_sink(struct exports *x);

/*
 * summary NULL: the run has none, there was trouble. One line for each goes to stderr where
 * something was lost or loud. False where anything was lost. All are closed afterwards.
 */
bool exports_close(struct exports *x, const struct summary *summary, bool loud);

#endif
