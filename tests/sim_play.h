#ifndef TESTS_SIM_PLAY_H
#define TESTS_SIM_PLAY_H

#include <jansson.h>
#include <stdbool.h>

#include "base/buf.h"
#include "sim/world.h"

/*
 * The simulator without sockets: a request goes in as text, its script is played in stepped
 * time, and what would have been sent is taken apart.
 *
 *     struct sim sim;
 *     struct played p;
 *     sim_open(&sim, "--plan free");
 *     sim_chat(&sim, &p, "x-sim-fault: crlf\r\n", "{\"model\":...}");
 *     p.status, p.content, p.usage ...
 *     played_free(&p);
 *     sim_close(&sim);
 */
struct sim {
    struct setting set;
    struct catalogue catalogue;
    struct world world;
    ns_t now;
};

enum { PLAYED_FRAMES = 4096 };

struct played {
    struct exchange *x;
    struct buf wire; /* all bytes */
    enum then then;  /* how it ended; THEN_MORE: it never does */
    uint64_t writes;
    struct frame frames[PLAYED_FRAMES];
    size_t n_frames;

    int status;
    struct buf head;
    struct buf body; /* without the chunks */
    bool whole;      /* the last chunk was there */

    /* Of a stream, as a client would gather it; of a JSON body likewise. */
    size_t events;
    size_t errors; /* events that tell of an error */
    bool done;
    struct buf content;
    struct buf reasoning;
    struct buf tool; /* name and arguments */
    char finish[32];
    json_t *usage; /* the last one; NULL: none */
    json_t *json;  /* a body in one piece */
};

/* Flags as on a command line, parted by spaces. */
void sim_open(struct sim *sim, const char *flags, ...)
    __attribute__((format(printf, 2, 3)));
int sim_flags(struct setting *set, const char *flags, struct err *err);

void sim_close(struct sim *sim);

/* One request, at sim->now; time goes on to the end of its answer. */
void sim_request(struct sim *sim, struct played *p, const char *text);
void sim_bytes(struct sim *sim, struct played *p, const char *text, size_t n);

/* POST /chat/completions with more header lines (each with CR LF). */
void sim_chat(struct sim *sim, struct played *p, const char *headers, const char *body);
void played_free(struct played *p);

/* Value of a response header; "" where it is not there. Static, until the next call. */
const char *played_header(const struct played *p, const char *name);

/* error.KEY of a JSON body, "" where there is none. */
const char *played_error(const struct played *p, const char *key);

long long played_usage(const struct played *p, const char *key);

#endif
