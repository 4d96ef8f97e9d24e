#ifndef DATA_METRIC_H
#define DATA_METRIC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "data/record.h"

/* What a recorded integer counts. */
enum unit {
    UNIT_NS,
    UNIT_MTOKS, /* thousandths of a token per second */
    UNIT_PPM,
    UNIT_NUSD, /* 1e-9 dollars */
    UNIT_TOKENS,
    UNIT_COUNT,  /* of what the metric's name says */
    UNIT_MX,     /* thousandths of a time: 2500 is 2.5 times as fast */
    UNIT_MCHARS, /* thousandths of a character per second */
    UNIT_BYTES,
    N_UNITS
};

/* "ns", "mtok/s", "ppm", "n$", "tokens", "count", "mx", "mchar/s", "bytes" */
extern const char *const unit_names[N_UNITS];

enum metric_id {
    METRIC_TTFT,
    METRIC_TTFT_API,
    METRIC_TTFR,
    METRIC_TTFA,
    METRIC_ITL,
    METRIC_TPOT,
    METRIC_TPS,
    METRIC_STALL,
    METRIC_E2E,
    METRIC_E2E_API,
    METRIC_QUEUE,
    METRIC_PREFILL,
    METRIC_DECODE,
    METRIC_NETWORK,
    METRIC_UPLOAD,
    METRIC_DNS,
    METRIC_TCP,
    METRIC_TLS,
    METRIC_CACHE_HIT,
    METRIC_COST,
    METRIC_SESSION,
    METRIC_HELD,
    METRIC_HELD_CAP,
    METRIC_HELD_PACING,
    METRIC_HELD_RETRY,
    METRIC_SEND_LAG,
    METRIC_TTFT_ERROR,
    METRIC_TTFT_API_ERROR,
    METRIC_TTFA_ERROR,
    METRIC_TPS_ERROR,
    METRIC_STALL_ERROR,
    METRIC_E2E_ERROR,
    METRIC_PLANNED_TOKENS,
    METRIC_PROMPT_TOKENS,
    METRIC_COMPLETION_TOKENS,
    METRIC_TTF_REASONING,
    METRIC_REASONING_TIME,
    METRIC_REASONING_SHARE,
    METRIC_REASONING_TOKENS,
    METRIC_ANSWER_TOKENS,
    METRIC_EMBED_TPS,
    METRIC_EXECUTED_TOOLS,
    METRIC_TOOL_TIME,
    METRIC_MODEL_TIME,
    METRIC_BEYOND_MODELS,
    METRIC_SCORE,
    METRIC_SPEED_FACTOR,
    METRIC_SPEED_FACTOR_SERVER,
    METRIC_RTF,
    METRIC_CHARS_PER_S,
    METRIC_STARVED,
    METRIC_AUDIO_IN,
    METRIC_AUDIO_OUT,
    METRIC_TTFT_HIT,
    METRIC_TTFT_MISS,
    METRIC_PREFILL_HIT,
    METRIC_PREFILL_MISS,
    METRIC_TOOL_CALL,
    METRIC_TOOL_CALLS,
    METRIC_TTFT_SENT,
    METRIC_REQUEST_BYTES,
    METRIC_BATCH_SUBMIT,
    METRIC_BATCH_QUEUE,
    METRIC_BATCH_PROCESS,
    METRIC_BATCH_RETRIEVE,
    METRIC_BATCH_TOTAL,
    METRIC_BATCH_RESOLUTION,
    METRIC_BATCH_SERVER,
    N_METRICS
};

typedef void metric_fn(void *ctx, int64_t value);

/*
 * One thing we measure, recorded as integers in 1..86.4e12. The table in metric.c is the
 * only list of them: whoever records, prints, exports or compares metrics walks it.
 */
struct metric {
    const char *name;  /* in scenario files, JSON and on the command line */
    const char *title; /* in tables and on axes */
    enum unit unit;
    bool more_is_better;
    bool per_request; /* taken from the final attempt only */
    bool any_outcome; /* also of attempts that failed; else of `ok` and `empty` only */
    bool clocked;     /* our clock took both moments: off by the instrument's error */
    const char *prom; /* Prometheus name */
    const char *otel; /* OpenTelemetry name, NULL where none is agreed on */
    const char *span; /* from -> to, for explain */
    const char *help;

    /* Call emit once for each value the record holds: none, one or many. */
    void (*values)(const struct record *r, metric_fn *emit, void *ctx);
};

extern const struct metric metrics[N_METRICS];

/*
 * The figures that stand in every report, and the metric that tells of each how far a value
 * may be off for the instrument's sake. Our lateness makes moments late, never early: so it
 * makes times from a plan longer, and gaps longer or shorter.
 */
enum headline {
    HEADLINE_TTFT,
    HEADLINE_TTFT_API,
    HEADLINE_TTFA,
    HEADLINE_ITL,
    HEADLINE_TPS,
    HEADLINE_STALL,
    HEADLINE_E2E,
    N_HEADLINES
};

struct headline_row {
    enum metric_id of;
    enum metric_id error; /* N_METRICS: of each frame, not of an attempt */
    bool both_ways;       /* may be too small as well as too large */
};

extern const struct headline_row headlines[N_HEADLINES];

/* A value of an attempt and how far off it may be, in the units of the two metrics. */
bool headline_value(enum headline h, const struct record *r, int64_t *value,
                    int64_t *error);

bool metric_find(struct str name, enum metric_id *id);

/* Does this record count for this metric at all (final, outcome)? */
bool metric_takes(const struct metric *m, const struct record *r);

/*
 * Is it a time or a speed that every good answer has? Then an attempt that failed counts as
 * one with the worst value.
 */
bool metric_counts_failures(const struct metric *m);

/* (first - sent) - (queue + prefill + one token) below 0: a clamp, to be counted. */
bool metric_network_clamped(const struct record *r);

#endif
