#include "data/record.h"

#include <string.h>

#include "base/mem.h"

const char *const limit_names[N_LIMITS] = {
    [LIMIT_REQUESTS] = "requests",
    [LIMIT_TOKENS] = "tokens",
    [LIMIT_AUDIO_SECONDS] = "audio_seconds",
};

const struct batch_figures batch_figures_none = { NS_ABSENT, NS_ABSENT, NS_ABSENT,
                                                  NS_ABSENT, NS_ABSENT, NS_ABSENT,
                                                  NS_ABSENT, -1 };
const struct embedding embedding_none = { -1, -1 };
const struct compound compound_none = { -1, NS_ABSENT, -1, NS_ABSENT };
const struct judgement judgement_none = { -1, -1 };

/* Where the texts of a record are: copying and comparing walk this list. */
static const size_t texts[] = {
    offsetof(struct record, request_id), offsetof(struct record, region),
    offsetof(struct record, edge),       offsetof(struct record, tier),
    offsetof(struct record, finish),     offsetof(struct record, error_code),
    offsetof(struct record, limit_kind), offsetof(struct record, error),
    offsetof(struct record, batch_id),
};

enum { N_TEXTS = sizeof(texts) / sizeof(texts[0]) };

static const char **text_at(struct record *r, size_t i)
{
    return (const char **)(void *)((char *)r + texts[i]);
}

void record_init(struct record *r)
{
    *r = (struct record){
        .try_no = 1,
        .tokens = { -1, -1, -1, -1, -1, -1, -1 },
        .server = { NS_ABSENT, NS_ABSENT, NS_ABSENT, NS_ABSENT },
        .embedding = embedding_none,
        .compound = compound_none,
        .judgement = judgement_none,
        .audio = { NS_ABSENT, NS_ABSENT, NS_ABSENT },
        .characters = -1,
        .dns = NS_ABSENT,
        .tcp = NS_ABSENT,
        .tls = NS_ABSENT,
        .limit_size = -1,
        .retry_after = NS_ABSENT,
        .cost_nusd = -1,
        .calls = -1,
        .images = -1,
        .batch = batch_figures_none,
        .session = NS_ABSENT,
        .stall = -1,
        .doubts = { .end = NS_ABSENT },
    };
    for (int i = 0; i < N_MOMENTS; i++)
        r->at[i] = NS_ABSENT;
    for (int i = 0; i < N_LIMITS; i++)
        r->limits[i] = (struct limit){ -1, -1, NS_ABSENT };
    for (size_t i = 0; i < N_TEXTS; i++)
        *text_at(r, i) = "";
}

void record_tell_connection(struct record *r, ns_t dns, ns_t tcp, ns_t tls)
{
    if (tcp && tcp >= dns) {
        r->dns = dns;
        r->tcp = tcp - dns;
    }
    if (tcp && tls && tls >= tcp)
        r->tls = tls - tcp;
}

struct record *record_copy(const struct record *r)
{
    struct record head = *r;
    size_t gaps = r->n_gaps * sizeof(r->gaps[0]);
    size_t size = sizeof(head) + gaps;
    struct record *copy;
    char *at;

    for (size_t i = 0; i < N_TEXTS; i++)
        size += strlen(*text_at(&head, i)) + 1;
    copy = mem_alloc(size);
    *copy = head;
    at = (char *)(copy + 1);
    copy->gaps = gaps ? (uint32_t *)(void *)at : NULL;
    if (gaps)
        memcpy(at, r->gaps, gaps);
    at += gaps;
    for (size_t i = 0; i < N_TEXTS; i++) {
        size_t n = strlen(*text_at(&head, i)) + 1;

        memcpy(at, *text_at(&head, i), n);
        *text_at(copy, i) = at;
        at += n;
    }
    return copy;
}
