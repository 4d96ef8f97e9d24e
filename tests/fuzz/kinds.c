/* Embeddings, verdicts and lists of models: no input does harm, what is not there is
 * absent. */
#include "api/endpoint.h"
#include "api/error.h"
#include "api/models.h"
#include "base/json.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct answer *a, const struct endpoint *e)
{
    enum outcome o = error_classify(a, TRANSFER_DONE, e->complete(a));

    if (a->embedding.vectors < -1 || a->compound.tools < -1 || a->compound.calls < -1)
        abort();
    if (a->compound.tool_time < NS_ABSENT || a->compound.model_time < NS_ABSENT)
        abort();
    if (a->judgement.flagged < -1 || a->judgement.flagged > 1 ||
        a->judgement.score > 1000000)
        abort();
    if (o >= N_OUTCOMES || (o == OUTCOME_OK && !a->text && !a->tool_call))
        abort();
}

static void read_body(const struct endpoint *e, struct str body)
{
    struct answer a;

    answer_init(&a);
    a.status = 200;
    e->body(&a, body, 5);
    check(&a, e);
    answer_free(&a);
}

/* A prompt of any messages stays one JSON value. */
static void put_prompt(struct str messages, uint64_t inputs)
{
    struct request_spec spec = { .inputs = inputs };
    struct buf out = { 0 };
    struct json j, in;
    struct str raw;

    json_init(&in, messages.p, messages.n);
    if (json_kind(&in) != JSON_IS_ARRAY || !json_raw(&in, &raw) || !json_done(&in))
        return;
    endpoint_embeddings.prompt(&spec, messages, &out);
    json_init(&j, out.p, out.len);
    json_skip(&j);
    if (!json_done(&j))
        abort();
    buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *own = malloc(size ? size : 1);
    struct str body = { own, size };
    struct models_told told;
    struct err err;

    if (size)
        memcpy(own, data, size);
    read_body(&endpoint_embeddings, body);
    read_body(&endpoint_guard, body);
    read_body(&endpoint_chat, body);
    put_prompt(body, 0);
    put_prompt(body, 3);
    if (!models_read(&told, body, str_of("secret"), &err))
        for (size_t i = 0; i < told.n; i++)
            if (!*told.list[i].id)
                abort();
    models_free(&told);
    models_price(body);
    free(own);
    return 0;
}
