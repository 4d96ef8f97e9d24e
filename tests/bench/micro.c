/* What one step of the hot path costs: recording a value, decoding a frame. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "api/endpoint.h"
#include "base/clock.h"
#include "base/rng.h"
#include "data/hist.h"
#include "net.h"

enum {
    VALUES = 1 << 16,
    ROUNDS = 200,
    FRAMES = 2000000,
    LOOKS = 200000,
    STAMP_READ = 16 << 10
};

static double record_ns(void)
{
    static int64_t values[VALUES];
    struct rng r = rng_init(1);
    struct hist h;
    ns_t began;

    hist_init_standard(&h);
    for (int i = 0; i < VALUES; i++)
        values[i] = (int64_t)rng_lognormal(&r, 20e6, 1);
    began = clock_now(&clock_system);
    for (int round = 0; round < ROUNDS; round++)
        for (int i = 0; i < VALUES; i++)
            hist_record(&h, values[i], 1);
    began = clock_now(&clock_system) - began;
    hist_free(&h);
    return (double)began / VALUES / ROUNDS;
}

static void on_event(void *ctx, const struct sse_event *ev)
{
    struct answer *a = ctx;

    endpoint_find("chat")->event(a, ev, 1);
}

static double frame_ns(void)
{
    static const char frame[] =
        "data: {\"id\":\"chatcmpl-7c1e0b9e-52a2-4f4e-9f43-7f2f2f6b5a10\",\"object\":"
        "\"chat.completion.chunk\",\"created\":1770770839,\"model\":\"llama-3.1-8b-"
        "instant\","
        "\"system_fingerprint\":\"fp_0123456789\",\"choices\":[{\"index\":0,\"delta\":{"
        "\"content\":\" word\"},\"logprobs\":null,\"finish_reason\":null}]}\n\n";
    struct answer a;
    struct sse s;
    struct err err;
    ns_t began;

    answer_init(&a);
    sse_init(&s, 1 << 20, on_event, &a);
    began = clock_now(&clock_system);
    for (int i = 0; i < FRAMES; i++)
        sse_feed(&s, frame, sizeof(frame) - 1, &err);
    began = clock_now(&clock_system) - began;
    if (a.frames != FRAMES)
        return -1;
    sse_free(&s);
    answer_free(&a);
    return (double)began / FRAMES;
}

/* A frame waits on a connection; looking does not take it. */
static double stamp_ns(void)
{
    struct sockaddr_in at = { .sin_family = AF_INET };
    socklen_t n = sizeof(at);
    int listener = socket(AF_INET, SOCK_STREAM, 0), there, here;
    char port[8], in[STAMP_READ], frame[250] = { 0 };
    ns_t began, found = 1;

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listener, (struct sockaddr *)&at, n) || listen(listener, 1) ||
        getsockname(listener, (struct sockaddr *)&at, &n))
        return -1;
    snprintf(port, sizeof(port), "%u", ntohs(at.sin_port));
    here = connect_to(port);
    there = accept(listener, NULL, NULL);
    stamps_ask(here);
    usleep(10000); /* the kernel begins to stamp for all sockets, a little later */
    if (send(there, frame, sizeof(frame), 0) != sizeof(frame))
        return -1;
    usleep(10000);
    began = clock_now(&clock_system);
    for (int i = 0; i < LOOKS && found; i++)
        found = stamps_look(here, in, sizeof(in));
    began = clock_now(&clock_system) - began;
    close(here);
    close(there);
    close(listener);
    return found ? (double)began / LOOKS : -1;
}

int main(void)
{
    printf("ns to record a value: %.2f\n", record_ns());
    printf("ns to decode a frame: %.1f\n", frame_ns());
    printf("ns to look for a stamp: %.1f\n", stamp_ns());
    return 0;
}
