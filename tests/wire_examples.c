#include "wire_examples.h"

#include <stdio.h>
#include <stdlib.h>

#include "chat_stream.h"
#include "files.h"
#include "test.h"

static char *example(const char *name, size_t *n)
{
    char path[256];

    snprintf(path, sizeof(path), "wire/%s", name);
    return test_file(path, n);
}

void wire_stream(const struct endpoint *ep, const char *name, const char *want)
{
    size_t n;
    char *text = example(name, &n);

    stream_expect(ep, text, n, TRANSFER_DONE, want);
    free(text);
}

void wire_body(const struct endpoint *ep, const char *name, int status, const char *want)
{
    struct answer a;
    struct buf got;
    size_t n;
    char *text = example(name, &n);

    answer_init(&a);
    buf_init(&got, 0);
    a.status = status;
    if (status < 400)
        ep->body(&a, (struct str){ text, n }, 5);
    else
        error_body(&a, (struct str){ text, n });
    stream_describe(ep, &a, TRANSFER_DONE, &got);
    assert_string_equal(got.p, want);
    buf_free(&got);
    answer_free(&a);
    free(text);
}

void wire_request(const struct endpoint *ep, const struct request_spec *spec,
                  const char *prompt, const char *name)
{
    struct buf got, tail;
    struct err err;
    char *want = example(name, NULL);

    buf_init(&got, 0);
    buf_init(&tail, 0);
    assert_int_equal(ep->prepare(spec, &got, &tail, &err), 0);
    buf_str(&got, prompt);
    buf_add(&got, tail.p, tail.len);
    buf_char(&got, '\n');
    assert_string_equal(got.p, want);
    buf_free(&got);
    buf_free(&tail);
    free(want);
}
