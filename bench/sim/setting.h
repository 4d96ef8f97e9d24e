#ifndef SIM_SETTING_H
#define SIM_SETTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "sim/batch.h"
#include "sim/draft.h"
#include "sim/fault.h"
#include "sim/quota.h"

/*
 * All that can be set about the simulator. One table names every setting, with its type,
 * default and help; flags and profile files are read against it.
 *
 *     struct setting set;
 *     setting_init(&set);
 *     if (setting_flags(&set, argc, argv, &err)) ...    // reads --profile files on the way
 *     setting_free(&set);
 */
struct sim_region {
    const char *name;
    double weight;
    ns_t delay; /* on the way back from there */
};

enum { SETTING_MAX_LIST = 64 };

struct setting {
    struct arena arena; /* owns all text */

    const char *listen;
    int64_t port_fd; /* -1: none */
    int64_t until_eof_fd;
    bool child;
    bool quiet;
    bool help;
    bool list_faults;
    const char *truth; /* NULL: none */
    bool truth_frames;
    uint64_t seed;
    const char *catalogue;
    double speed;
    bool flood;

    const char *keys[SETTING_MAX_LIST];
    size_t n_keys;
    const char *plan;         /* none, free, developer */
    struct quota_rates rates; /* -1: as the plan says */
    int64_t reserve; /* most completion tokens debited ahead; 0: none, -1: as asked */
    bool credit_cached;
    int64_t spend_limit_nusd; /* -1: none */
    double flex_498;
    ns_t flex_on;
    ns_t flex_off;

    double queue_median; /* seconds */
    double queue_sigma;
    double capacity;
    double prefill_base;
    double prefill_tps;
    double prefill_load;
    double tps;
    double tps_sigma;
    double jitter;
    double event_tokens;
    double burst;

    ns_t url_audio;  /* how long audio lasts that is only named */
    double hearing;  /* seconds of audio transcribed a second; 0: as the catalogue says */
    double speaking; /* seconds of speech made a second */

    struct draft_params draft;
    double json_speed;   /* decoding of JSON, as a share of the usual speed */
    double json_compile; /* seconds that the first request with a schema waits for it */
    double image_time;   /* seconds of prefill that a picture takes beside its tokens */
    double image_fetch;  /* seconds until one that is named only has been fetched */

    double tools;     /* that a system runs for an answer, median */
    double tool_time; /* seconds */
    double lora_cold; /* seconds */
    ns_t lora_idle;

    bool cache;
    uint64_t cache_min;
    ns_t cache_lifetime;
    double cache_hit;
    bool cache_regional;

    struct sim_region regions[SETTING_MAX_LIST];
    size_t n_regions;
    const char *edge;
    double delay;
    double delay_sigma;

    struct fault_share faults[SETTING_MAX_LIST];
    size_t n_faults;

    double batch_queue;    /* seconds until a batch is worked off, median */
    double batch_item;     /* seconds an item takes */
    double batch_finalize; /* seconds from the last one to the end */
    double batch_cancel;   /* seconds from cancelling to cancelled */
    ns_t batch_expires;    /* whatever its window is; 0: with that */
    uint64_t batch_page;
    uint32_t batch_odd;
    struct fault_share item_faults[SETTING_MAX_LIST];
    size_t n_item_faults;
    struct batch_step_fault step_faults[BATCH_STEP_FAULTS];
    size_t n_step_faults;

    bool response_done;

    bool any_model;
    bool require_agent;
    bool head_limits;
    bool any_case;
    ns_t idle;
    uint64_t max_connections;
    uint64_t requests_per_connection;
};

void setting_init(struct setting *set);
void setting_free(struct setting *set);

/* argv[0] is the command. Later ones win; lists grow. */
int setting_flags(struct setting *set, int argc, char **argv, struct err *err);

/* Lines of `name: value`, as YAML writes a mapping of plain values; # begins a comment. */
int setting_profile(struct setting *set, const char *path, struct err *err);

/* The table, for people. */
void setting_usage(FILE *out);

#endif
