#ifndef CMD_STORE_H
#define CMD_STORE_H

#include "cmd/readevidence.h"
#include "reports/baseline.h"

/* Where baselines are: --db, else TOKDYNO_DB, else this file here. */
#define STORE_FILE "tokdyno.db"
const char *store_path(const char *given);

/* The runs that are picked, oldest first. */
int store_load(const char *path, const struct baseline_pick *pick, struct evidence_list *to,
               struct err *err);

/*
 * The revision that is tested: what CI says (GITHUB_SHA, CI_COMMIT_SHA), else git's HEAD,
 * else "".
 */
void store_revision(char *revision, size_t n);

#endif
