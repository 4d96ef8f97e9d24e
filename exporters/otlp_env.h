#ifndef EXPORTERS_OTLP_ENV_H
#define EXPORTERS_OTLP_ENV_H

#include "exporters/exporter.h"

/*
 * What the environment says about OTLP: the OTEL_ variables of the OpenTelemetry
 * specification 1.60. An empty variable counts as unset; what cannot be understood is
 * warned of and ignored.
 */
enum otlp_temporality { OTLP_CUMULATIVE, OTLP_DELTA, OTLP_LOW_MEMORY };

struct otlp_pair {
    const char *key;
    const char *value;
};

struct otlp_env {
    bool disabled;                 /* OTEL_SDK_DISABLED */
    bool signal[N_EXPORT_SIGNALS]; /* OTEL_TRACES_EXPORTER ... is not none */
    const char *service_name;
    const struct otlp_pair *attributes; /* OTEL_RESOURCE_ATTRIBUTES */
    size_t n_attributes;
    enum otlp_temporality temporality;
    bool exponential; /* also the conventional histograms */
    bool exemplars;
    ns_t interval;    /* between two exports of metrics */
    ns_t batch_delay; /* that a span waits for others at most */
    size_t batch_spans;
    ns_t log_delay;
    size_t log_records;
    size_t max_text;   /* bytes of an attribute's text */
    size_t max_events; /* of a span */
    double share;      /* of traces, by OTEL_TRACES_SAMPLER */
};

void otlp_env_read(struct otlp_env *env, const struct export_config *config,
                   struct arena *arena);

/* Where a signal goes and how: OTEL_EXPORTER_OTLP_*. base: stands for the general endpoint
 * of the environment; NULL: what that says. */
int otlp_env_endpoint(const struct export_config *config, const char *base,
                      enum export_signal signal, struct arena *arena,
                      struct export_endpoint *e, struct err *err);

/*
 * "k1=v1,k2=v2": percent escapes are decoded, in keys too where `keys`. The pairs, in
 * *pairs, live in the arena. -1 where any of it is damaged.
 */
int otlp_env_pairs(const char *text, bool keys, struct arena *arena,
                   struct otlp_pair **pairs, size_t *n);

/* The URL of a signal: its own one as it is, else the general one with v1/SIGNAL behind. */
const char *otlp_env_url(const char *own, const char *general, enum export_signal signal,
                         struct arena *arena);

#endif
