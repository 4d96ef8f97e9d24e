#ifndef EXPORTERS_OTLP_COMMON_H
#define EXPORTERS_OTLP_COMMON_H

#include "base/arena.h"
#include "data/trace_id.h"
#include "exporters/exporter.h"
#include "exporters/otlp_env.h"
#include "otlp.pb-c.h"

/*
 * Messages are built in an arena, packed and dropped together; nothing is freed one by one.
 * Keys and names are literals or live longer than the message; text of servers goes through
 * otlp_text.
 */
#define OTLP_MESSAGE(Type, name)                                                           \
    static inline Otlp__##Type *new_##name(struct arena *a)                                \
    {                                                                                      \
        Otlp__##Type *m = arena_alloc(a, sizeof(*m));                                      \
        otlp__##name##__init(m);                                                           \
        return m;                                                                          \
    }

/* Well-formed UTF-8 of at most `max` bytes: what is none becomes U+FFFD. */
char *otlp_text(struct arena *a, const char *text, size_t max);

/*
 * Attributes of one thing; each key is given once. What is absent ("" or negative) is left
 * out, by attr_text and attr_seconds; the others always add.
 */
struct attrs {
    struct arena *arena;
    Otlp__KeyValue **items;
    size_t n;
    size_t cap;
    size_t max_text;
};

struct attrs attrs_begin(struct arena *a, size_t room, size_t max_text);
void attr_text(struct attrs *to, const char *key, const char *value); /* made fit */
void attr_name(struct attrs *to, const char *key, const char *value); /* ours: as it is */
void attr_list(struct attrs *to, const char *key, const char *value); /* of one text */
void attr_int(struct attrs *to, const char *key, int64_t value);
void attr_count(struct attrs *to, const char *key, int64_t value); /* negative: absent */
void attr_bool(struct attrs *to, const char *key, bool value);
void attr_double(struct attrs *to, const char *key, double value);
void attr_seconds(struct attrs *to, const char *key, ns_t value);

/* What the run says of itself, read once; messages live in its arena. */
struct otlp_about {
    struct arena arena;
    const struct run *run;
    struct otlp_env env;
    const char *provider; /* gen_ai.provider.name */
    const char *address;  /* server.address */
    int64_t port;
    const char *url; /* NULL: not known */
    const char *endpoint;
    const char *operation;
    bool stream;
    int64_t max_tokens; /* asked for; -1: not */
    Otlp__Resource *resource;
    Otlp__InstrumentationScope *scope;
};

void otlp_about_init(struct otlp_about *about, const struct export_config *config);
void otlp_about_free(struct otlp_about *about);

/* Moment of the run -> nanoseconds since 1970. */
uint64_t otlp_time(const struct otlp_about *about, ns_t at);

/* gen_ai.operation.name ... server.port, as every span and point of a request carries. */
void otlp_put_common(const struct otlp_about *about, struct attrs *to, uint32_t cell);

/* Which failure it is, in the words of the conventions; NULL: none. http: for the attempt.
 */
const char *otlp_error_type(struct arena *a, const struct record *r, bool http);

extern const char otlp_schema_url[];

/* A packed message as a chunk. */
void otlp_put(const struct export_out *out, enum export_signal signal,
              const ProtobufCMessage *message, uint64_t items, struct buf *scratch);

#endif
