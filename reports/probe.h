#ifndef REPORTS_PROBE_H
#define REPORTS_PROBE_H

#include "base/buf.h"
#include "data/offset.h"
#include "data/record.h"

/* What `tokdyno probe` found out about a target, and how it is told. */
enum probe_state {
    PROBE_NOT_ASKED,
    PROBE_YES,
    PROBE_NO,
    PROBE_REFUSED, /* there, but not for this key, model or plan */
    PROBE_UNCLEAR
};

/* One endpoint or feature. Text is borrowed, or in said. */
struct probe_item {
    const char *name;
    const char *asked; /* what was sent: "POST /chat/completions", "tools" */
    enum probe_state state;
    int status;
    ns_t took; /* NS_ABSENT: no answer */
    char said[200];
};

enum { PROBE_ENDPOINTS = 16, PROBE_FEATURES = 24, PROBE_TRIPS = 16 };

struct probe {
    const char *target;
    const char *plan;
    const char *model; /* of the paid requests; NULL: none was found */
    bool has_key;
    unsigned requests; /* sent */
    unsigned paid;     /* of them, those that a model answered */

    bool reached;
    char why[256]; /* not reached, or why it stopped early: "" */
    char address[64];
    char secured[96];
    char server[64];
    int http_version;
    ns_t dns, tcp, tls;
    ns_t
        trips[PROBE_TRIPS]; /* from sending to the first byte, on a connection that stood */
    size_t n_trips;
    struct offset offset;

    enum probe_state key; /* YES: good; REFUSED: not; NO: none is wanted */
    int key_status;
    size_t n_models; /* listed */

    struct probe_item endpoints[PROBE_ENDPOINTS];
    size_t n_endpoints;
    struct probe_item features[PROBE_FEATURES];
    size_t n_features;

    char region[64]; /* of the model's answer; "" */
    char edge[32];
    struct limit limits[N_LIMITS];
    ns_t queue; /* of the model's answer; NS_ABSENT */
};

extern const char *const probe_states[]; /* by enum probe_state, for JSON and people */

void report_probe_text(struct buf *out, const struct probe *p, bool colour);
void report_probe_json(struct buf *out, const struct probe *p);

#endif
