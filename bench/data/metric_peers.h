#ifndef DATA_METRIC_PEERS_H
#define DATA_METRIC_PEERS_H

#include "data/metric.h"
#include "data/rate.h"

/*
 * What other tools call what we measure, and how they define it: as their own source or
 * documentation said when it was read, which is named. One list; `tokdyno explain`,
 * docs/metrics.md and its test walk it. What could not be checked is not in it.
 */
enum peer { PEER_AIPERF, PEER_GUIDELLM, PEER_VLLM, PEER_INFERENCE_PERF, PEER_K6, N_PEERS };

struct peer_row {
    const char *name;
    const char *repo; /* on GitHub */
    const char *read; /* files and the commits they were read at */
};

extern const struct peer_row peers[N_PEERS];

/* One figure of a peer beside one of ours. */
struct peer_name {
    bool is_rate;
    enum metric_id metric; /* unless is_rate */
    enum rate_id rate;     /* if is_rate */
    enum peer peer;
    const char *name;
    const char *formula; /* of theirs; what differs from ours stands here */
};

extern const struct peer_name peer_names[];
extern const size_t n_peer_names;

#endif
