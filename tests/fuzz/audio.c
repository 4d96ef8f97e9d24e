/* Sound and transcripts: no input does harm, and cutting it changes nothing. */
#include "api/endpoint.h"
#include "api/error.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct wav fed(const char *p, size_t n, size_t cut, size_t *sound)
{
    struct wav w;

    wav_init(&w);
    *sound = wav_feed(&w, p, cut);
    *sound += wav_feed(&w, p + cut, n - cut);
    return w;
}

/* The sound of a file that is none may hold some of the first twelve bytes or not. */
static void check_sound(const char *p, size_t n)
{
    size_t whole, parts;
    struct wav w = fed(p, n, n, &whole);

    for (size_t cut = 0; cut <= n && cut < 64; cut++) {
        struct wav v = fed(p, n, cut, &parts);

        if (v.state != w.state || v.got != w.got || wav_length(&v) != wav_length(&w) ||
            wav_whole(&v) != wav_whole(&w) || (w.state != WAV_OTHER && parts != whole))
            abort();
    }
}

static void check_answer(const struct endpoint *ep, const char *p, size_t n, bool bytes,
                         enum answer_type type)
{
    struct answer a;
    enum outcome o;

    answer_init(&a);
    a.status = 200;
    a.type = type;
    if (bytes)
        ep->bytes(&a, (struct str){ p, n }, 5);
    else
        ep->body(&a, (struct str){ p, n }, 5);
    o = error_classify(&a, TRANSFER_DONE, ep->complete(&a));
    if (o >= N_OUTCOMES || (o == OUTCOME_OK && !a.text) || a.heard < NS_ABSENT)
        abort();
    answer_free(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *own = malloc(size ? size : 1);

    if (size)
        memcpy(own, data, size);
    check_sound(own, size);
    check_answer(&endpoint_transcription, own, size, false, ANSWER_JSON);
    check_answer(&endpoint_transcription, own, size, false, ANSWER_TEXT);
    check_answer(&endpoint_speech, own, size, false, ANSWER_JSON);
    if (size)
        check_answer(&endpoint_speech, own, size, true, ANSWER_BYTES);
    free(own);
    return 0;
}
