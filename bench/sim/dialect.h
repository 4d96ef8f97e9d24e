#ifndef SIM_DIALECT_H
#define SIM_DIALECT_H

#include "sim/script.h"

/*
 * How an endpoint says what a model puts out. When each stage of a stream comes is the same
 * for all of them (script.c), and so is how bytes go into events and chunks
 * (script_write.c).
 */
struct dialect {
    /* The events of a stage, with the kind of each that the truth log is to know. */
    void (*role)(struct script *s, struct buf *kinds);
    void (*output)(struct script *s, struct buf *kinds); /* s->volley of s->channel */
    void (*tool)(struct script *s, struct buf *kinds);
    void (*finish)(struct script *s, struct buf *kinds);

    void (*error)(
        struct script *s); /* an event that ends the stream; NULL: there is none */
    void (*whole)(struct script *s); /* the answer in one piece, into s->body */
};

extern const struct dialect dialect_response; /* script_response.c */

/* In script_write.c: s->json as the data of an event, and empty again. name NULL: none. */
void script_event(struct script *s, const char *name);

/* In script_write.c: what an error event says, as the fault wants it. */
enum refusal script_refusal(const struct script *s);

#endif
