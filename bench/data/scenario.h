#ifndef DATA_SCENARIO_H
#define DATA_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "data/asked.h"
#include "data/dist.h"
#include "data/search.h"
#include "data/slo.h"

/*
 * A scenario file, read, checked and resolved: one `struct cell` for each point of the
 * matrix, each with all its settings. Everything is owned by the scenario's arena and lives
 * until scenario_free. Absent text is NULL, absent numbers as said.
 */
enum retry_policy { RETRY_NONE, RETRY_SDK, RETRY_RESPECTFUL };
enum connection_policy { CONNECTION_POOLED, CONNECTION_NEW, CONNECTION_PRECONNECT };

/* Where the times of frames come from. */
enum connection_stamps { CONNECTION_STAMPS_KERNEL, CONNECTION_STAMPS_READ };

enum { CANNED_FRAMES = 16 };

/* The answers of "null:", which come without a network: for what we cost ourselves. */
struct canned_answer {
    uint64_t frames; /* of output, a token each; 0: CANNED_FRAMES */
    ns_t first;      /* from the request to the first */
    ns_t gap;        /* from one to the next */
};

struct target {
    const char *base_url; /* "sim:" for the built-in simulator, "null:" for none at all */
    const char *api_key_env;  /* name of the variable that holds the key */
    const char *api_key_file; /* or the file; never the key itself */
    const char *plan;      /* "free" or "developer": which limits of the catalogue hold */
    const char *catalogue; /* path; NULL: the one that came with the program */
    const char *proxy;
    bool id_header;             /* send x-tokdyno-id also to other targets than sim: */
    bool traceparent;           /* send the name of the attempt's span */
    const char *const *headers; /* "Name: value", extra ones */
    size_t n_headers;
    const char *const *sim; /* flags for `tokdyno sim` when base_url is sim: */
    size_t n_sim;
    struct canned_answer canned;
};

/* NULL: no target at all */
static inline bool target_is_sim(const char *base_url)
{
    return base_url && !strcmp(base_url, "sim:");
}

static inline bool target_is_null(const char *base_url)
{
    return base_url && !strcmp(base_url, "null:");
}

struct request_spec {
    const char *endpoint;    /* name in the endpoint table */
    const char *endpoint_at; /* where it was written, "chat.yaml:3:5"; NULL: it was not */
    const char *model;
    bool stream;
    bool include_usage;
    uint64_t inputs;  /* of embeddings: texts a request; 0: a message each */
    const char *body; /* a JSON object: fields passed through, "{}" where none */
    int64_t max_completion_tokens; /* the one in body, for planning; -1 unknown */
    const char *service_tier;      /* the one in body; NULL where none */
    const char *upload_name;       /* of the file that goes up; NULL: it has none */
    bool audio_by_url;             /* it is named, and the server fetches it */
};

/* Pictures that go along with each prompt, a few of them in turn. */
struct workload_images {
    const char *const *files; /* paths, sent as base64 */
    size_t n_files;
    const char *const *urls; /* for the server to fetch */
    size_t n_urls;
    uint64_t per_request;
    bool oversize; /* send even what the catalogue says is too large */
};

/*
 * A conversation: each next request holds all that was said before, comes when the user has
 * thought, and belongs to the phase in which it is due.
 */
struct session_spec {
    struct dist turns;        /* requests of a session; DIST_NONE: each stands alone */
    struct dist input_tokens; /* of the user's later messages, where they are synthetic */
    const char *const *messages; /* or these, the last one again and again */
    size_t n_messages;
    bool from_dataset; /* or those of the row of the dataset: with them it ends */
    ns_t think;        /* mean, from the end of an answer to the next request */
    double think_cv;   /* 0: always that long, 1: exponential, else gamma */
    const char
        *tool_result; /* of every tool the model calls; NULL: it calls none of ours */
    ns_t tool_time;   /* until the result is there, in place of thinking */
    bool tools_only;  /* the first answer without a call is the last */
};

enum { SESSION_MAX_TURNS = 100 };

struct workload {
    const char *messages;     /* a JSON array, or NULL */
    const char *dataset;      /* path of a JSONL file that was there, or NULL */
    struct dist input_tokens; /* of synthetic prompts; DIST_NONE with messages or dataset */
    uint64_t prefix_tokens;   /* shared_prefix.tokens */
    uint64_t prefix_pool;     /* shared_prefix.pool: number of different prefixes */
    const char *text;         /* of every request, or NULL */
    uint64_t characters;      /* of synthetic text; 0: as input_tokens say */
    ns_t audio_length; /* of synthetic audio, or of the file where that does not tell */
    const char *audio_file; /* path of a file that was there, or NULL */
    const char *audio_url;  /* of what the server fetches, or holds itself; or NULL */
    uint64_t audio_rate;    /* samples per second of synthetic audio */
    bool unique_head; /* the first words differ in every request: nothing can be cached */
    double words_per_token; /* 0: learnt */
    struct workload_images images;
    struct session_spec session;
};

static inline bool workload_has_sessions(const struct workload *w)
{
    return w->session.turns.kind != DIST_NONE;
}

/*
 * The rate or concurrency over a phase: straight lines between points. Without a duration
 * the last point lies PHASE_HORIZON away.
 */
#define PHASE_HORIZON (INT64_MAX / 4)

struct load_point {
    ns_t at; /* since the phase began */
    double value;
};

struct replay;

struct phase {
    const char *name;
    bool open;                       /* open loop by rate, else closed by concurrency */
    const struct load_point *points; /* at least two, in order; steps are two at one time */
    size_t n_points;
    double cv;         /* of the gaps: 0 even, 1 Poisson, else gamma */
    ns_t duration;     /* NS_ABSENT: until `requests` */
    uint64_t requests; /* 0: until `duration`; sessions count, where there are any */
    ns_t think;        /* closed loop: pause of a slot between requests */
    const struct replay
        *replay;  /* open loop: what is due when, and its sizes; NULL: rate */
    double speed; /* of the replay: 2 is twice as fast */
    bool measured;
    bool searched; /* its rate is found on the way; points and duration are a guess */
    bool spare;    /* of a search that may well need fewer probes: a plan leaves it out */
};

/* How requests go in batches, where the endpoint has such. */
struct batch_spec {
    uint64_t size;  /* requests in a file */
    ns_t window;    /* in which the server is to be through with it */
    ns_t poll_from; /* a poll waits a hundredth of what has passed, within these */
    ns_t poll_to;
    ns_t wait;       /* how long we wait for its end; 0: as long as the window */
    bool keep_files; /* leave them on the server; else they are deleted */
};

enum { BATCH_MAX_ITEMS = 50000 };

struct limits {
    uint64_t in_flight;
    bool pace_to_rate_limits;
    ns_t drain;
};

struct timeouts {
    ns_t connect;
    ns_t first;
    ns_t idle;
    ns_t total;
};

struct connection {
    enum connection_policy policy;
    int http; /* 11 or 2 */
    unsigned threads;
    enum connection_stamps stamps;
    bool tls_verify;
    const char *tls_ca; /* PEM file, NULL: the system's */
};

struct retry {
    enum retry_policy policy;
    unsigned max; /* retries after the first attempt */
};

struct budget {
    uint64_t requests; /* 0: none */
    uint64_t tokens;
    int64_t cost_nusd;
};

struct cell_key {
    const char *key;  /* "model", "service_tier", "load.steady.rate" */
    const char *text; /* the value as a person writes it */
    const char *json; /* the value as JSON */
};

/* One point of the matrix with all its settings. */
struct cell {
    const char
        *name; /* "model=llama-3.1-8b-instant service_tier=flex"; "all" without a matrix */
    const struct cell_key *keys;
    size_t n_keys;
    struct target target;
    struct request_spec request;
    struct workload workload;
    const struct phase *phases;
    size_t n_phases;           /* the same in every cell */
    struct search_spec search; /* of a rate, in the last of the phases */
    struct retry retry;
    struct batch_spec batch;
    struct limits limits;
    struct timeouts timeout;
    struct connection connection;
};

struct scenario {
    struct arena arena;
    const char *name;
    const char *file;     /* as it was named, NULL for one made of flags */
    const char *question; /* the comment that opens the file, NULL where none */
    uint64_t seed;
    bool has_seed;
    unsigned repeat;
    bool concurrent;
    bool record_content; /* store prompts and answers; false unless asked for */
    struct cell *cells;
    size_t n_cells;
    struct budget budget;
    struct slo *slos;
    size_t n_slos;
    size_t n_search_slos;    /* the last of them: held against each probe of a search */
    struct slo *regressions; /* "ttft p95 +20%": slo with relative set */
    size_t n_regressions;
    struct asked answer;  /* what reports put first */
    const char *resolved; /* YAML: reading it again gives this scenario */
    const char *json;     /* the same as JSON, compact; in journal and run.json */
};

/*
 * A setting from the command line: --set load.steady.rate=10/s. The value is YAML in flow
 * style; `null` takes the key away.
 */
struct setting {
    const char *key;
    const char *value;
    const char *flag; /* how errors name it, as "--rate"; NULL: "--set KEY" */
};

/*
 * Read and check. -1 with "file:line:column: what; expected ...; did you mean ...?".
 * Settings are applied before the check, and named in errors as "--set KEY".
 */
int scenario_read(struct scenario *s, const char *path, const struct setting *settings,
                  size_t n_settings, struct err *err);

/* The same from text; file only names it in messages, and relative paths start at its
 * folder. */
int scenario_parse(struct scenario *s, const char *file, const char *text, size_t n,
                   const struct setting *settings, size_t n_settings, struct err *err);

/* A scenario made of settings alone: target.base_url, request.model, load.rate, ... */
int scenario_from_flags(struct scenario *s, const struct setting *settings,
                        size_t n_settings, struct err *err);

void scenario_free(struct scenario *s);

/* Is that the path of a key, as "repeat" or "limits.drain"? */
bool scenario_has_key(const char *path);

#endif
