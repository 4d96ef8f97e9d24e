#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/rng.h"
#include "data/catalogue.h"
#include "sim/batch.h"
#include "sim/exchange.h"
#include "sim/http.h"
#include "sim/lora.h"
#include "sim/pcache.h"
#include "sim/quota.h"
#include "sim/script.h"
#include "sim/setting.h"

/*
 * The simulated service: what it remembers from request to request, and what it decides
 * about one. Knows no socket and asks no clock.
 *
 *     struct exchange *x = world_admit(&w, &http, cookie, arrival, received, real);
 *     ... script_init(&s, x, &w.script) and play it ...
 *     world_settle(&w, x, said, now);    // then x->end and so on are final
 *     world_forget(x);
 */
struct capacity { /* flex: has it any? */
    struct rng rng;
    bool is_short;
    ns_t until;
};

struct world {
    const struct setting *set;
    const struct catalogue *catalogue;
    struct script_setting script;
    struct quota_book book;
    struct pcache cache;
    struct capacity flex;
    uint64_t schemas[64]; /* hashes of those that are ready, the latest */
    size_t n_schemas;     /* ever made ready */
    uint32_t *in_service; /* of each model of the catalogue, and of all others */
    int64_t spent_nusd;
    uint64_t n; /* requests so far */
    struct arena arena;
    struct model *strangers; /* models that the catalogue does not know */
    size_t n_strangers;
    struct loras loras;
    struct shop shop; /* files and batches */
};

void world_init(struct world *w, const struct setting *set, const struct catalogue *c,
                ns_t now, ns_t real);
void world_free(struct world *w);

/* What to answer. The request may be a refused one (http->refused). first: of its
 * connection. */
struct exchange *world_admit(struct world *w, const struct http *http, bool first,
                             ns_t arrival, ns_t received);

/* The same of an item of a batch: it has limits and faults of its own. */
struct exchange *world_admit_item(struct world *w, const struct http *http, ns_t at);

/* The exchange is over; so many tokens were generated. */
void world_settle(struct world *w, const struct exchange *x, int64_t generated, ns_t now);
void world_forget(struct exchange *x);

/* In route.c: who may ask, and what for. */
void route_request(struct world *w, struct exchange *x, const struct http *http);

/* In admit.c: decide about POST /chat/completions or /responses. Fills *x; the refusal too.
 */
void admit_chat(struct world *w, struct exchange *x, const struct http *http);
void admit_response(struct world *w, struct exchange *x, const struct http *http);

/* In embed.c: the same about POST /embeddings. */
void admit_embeddings(struct world *w, struct exchange *x, const struct http *http);

/*
 * In admit.c, for endpoints whose answer is in one piece. admit_model: the model that
 * x->model_asked names, of that kind, where no fault and no spend limit stands against it;
 * NULL: refused, with the endpoint's name where the kind is another. admit_tokens: pass the
 * limits with so many prompt tokens and go to the model; -1: refused.
 */
const struct model *admit_model(struct world *w, struct exchange *x,
                                const struct http *http, const char *kind,
                                const char *endpoint);
int admit_tokens(struct world *w, struct exchange *x, const struct http *http,
                 int64_t tokens);

/* In hear.c and speak.c, likewise. */
void admit_transcription(struct world *w, struct exchange *x, const struct http *http);
void admit_translation(struct world *w, struct exchange *x, const struct http *http);
void admit_speech(struct world *w, struct exchange *x, const struct http *http);

/* Refuse x with this; about is copied. */
void world_refuse(struct exchange *x, enum refusal r, const char *about);

/* The model of that name, NULL where there is none. */
const struct model *world_model(struct world *w, const char *id);
uint32_t *world_in_service(struct world *w, const struct model *m);

/* Does flex have no capacity now? */
bool capacity_is_short(struct capacity *c, const struct setting *set, ns_t now);

#endif
