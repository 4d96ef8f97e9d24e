#ifndef EXPORTERS_DEST_H
#define EXPORTERS_DEST_H

#include "exporters/exporter.h"

/*
 * Where an exporter's chunks go: files (written beside and renamed at the end, so that they
 * are never seen half), stdout, or a server that they are posted to. Whatever goes wrong is
 * counted and told in one line at the end; put never waits.
 *
 *     struct dest *d = dest_open(&config, &err);
 *     struct export_out out = dest_out(d);
 *     ...
 *     dest_close(d, 5 * NS_PER_S, &line);
 */
struct dest;

struct dest_config {
    const struct export_spec *spec; /* outlives the destination, as does export */
    const struct export_config *export;
    const char
        *path; /* where a file goes; traces, metrics and logs get their names added */
    size_t queue_bytes; /* that may wait to be posted; 0: DEST_QUEUE */
    bool patient;       /* put may wait for room: there is no load that it could disturb */
};

enum { DEST_QUEUE = 16 << 20 };

struct dest *dest_open(const struct dest_config *config, struct err *err);
struct export_out dest_out(struct dest *d);

/*
 * What waits is still posted for `most`, the rest is dropped. One line (with LF) about what
 * came of it is added to *told. False where anything was lost.
 */
bool dest_close(struct dest *d, ns_t most, struct buf *told);

#endif
