#include "api/endpoint.h"

const struct endpoint *const endpoints[] = {
    &endpoint_chat,   &endpoint_responses,     &endpoint_embeddings,
    &endpoint_guard,  &endpoint_transcription, &endpoint_translation,
    &endpoint_speech, &endpoint_batch,         NULL,
};

const struct endpoint *endpoint_find(const char *name)
{
    for (size_t i = 0; name && endpoints[i]; i++)
        if (!strcmp(endpoints[i]->name, name))
            return endpoints[i];
    return NULL;
}

bool endpoint_streams(const struct endpoint *e, const struct request_spec *spec)
{
    return e->bytes || (spec->stream && !e->no_events);
}
