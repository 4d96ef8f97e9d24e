/*
 * What decoding one streamed frame costs: the event decoder alone, and with the chat
 * adapter behind it, for reads of many frames and of one.
 *
 *     decode [FRAMES]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/endpoint.h"

struct sink {
    struct answer a;
    ns_t at;
    uint64_t events;
};

static void count(void *ctx, const struct sse_event *ev)
{
    struct sink *s = ctx;

    s->events += ev->data_len > 0;
}

static void chat(void *ctx, const struct sse_event *ev)
{
    struct sink *s = ctx;

    endpoint_chat.event(&s->a, ev, s->at);
}

/* Frames as Groq writes them: about 230 bytes each. */
static void make_stream(struct buf *out, size_t frames)
{
    static const char *const words[] = { " the",   " knee",  " of",     " a",
                                         "\\n\\n", " curve", "\\u003c", " \xC3\xBC" };

    for (size_t i = 0; i < frames; i++)
        buf_printf(
            out,
            "data: {\"id\":\"chatcmpl-7c1e2a40-5a3e-4f0e-9d55-0c5d1f2b7a11\",\"object\":"
            "\"chat.completion.chunk\",\"created\":1770770839,\"model\":"
            "\"llama-3.1-8b-instant\",\"system_fingerprint\":\"fp_0123456789\",\"choices\":"
            "[{\"index\":0,\"delta\":{\"content\":\"%s\"},\"logprobs\":null,"
            "\"finish_reason\":null}]}\n\n",
            words[i % (sizeof(words) / sizeof(words[0]))]);
}

static double run(sse_fn *fn, const struct buf *stream, size_t read, size_t frames)
{
    struct sink sink = { .at = 0 };
    struct sse sse;
    struct err err;
    ns_t start;

    answer_init(&sink.a);
    sse_init(&sse, 1 << 20, fn, &sink);
    start = clock_cpu();
    for (size_t at = 0; at < stream->len; at += read, sink.at += 1000)
        sse_feed(&sse, stream->p + at, read < stream->len - at ? read : stream->len - at,
                 &err);
    start = clock_cpu() - start;
    if (sink.a.frames + sink.events != frames)
        fprintf(stderr, "decode: %llu of %zu frames\n",
                (unsigned long long)(sink.a.frames + sink.events), frames);
    sse_free(&sse);
    answer_free(&sink.a);
    return (double)start / (double)frames;
}

int main(int argc, char **argv)
{
    size_t frames = argc > 1 ? strtoul(argv[1], NULL, 10) : 200000;
    struct buf stream;

    buf_init(&stream, 0);
    make_stream(&stream, frames);
    for (size_t read = 64 * 1024; read; read = read > 16384 ? 16384 : read > 251 ? 251 : 0)
        printf("reads of %5zu bytes: events %4.0f ns/frame, with chat %4.0f ns/frame\n",
               read, run(count, &stream, read, frames), run(chat, &stream, read, frames));
    buf_free(&stream);
    return 0;
}
