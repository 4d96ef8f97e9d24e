#include "exporters/otlp_common.h"

#include <stdlib.h>
#include <string.h>

/* libcurl's results in the words of the conventions; the code says curl_N. */
static const struct failure {
    int curl;
    const char *type;
} failures[] = {
    { 6, "name_resolution_error" },    { 7, "connection_error" },
    { 16, "http_protocol_error" },     { 28, "timeout" },
    { 35, "secure_connection_error" }, { 52, "response_ended" },
    { 55, "connection_error" },        { 56, "response_ended" },
    { 60, "secure_connection_error" }, { 92, "http_protocol_error" },
};

/* Low cardinality: what providers say as a code is an identifier, or it is not taken. */
static bool is_identifier(const char *code)
{
    size_t n = strspn(code, "abcdefghijklmnopqrstuvwxyz_0123456789");

    return n && n <= 64 && !code[n];
}

static const char *of_transport(const struct record *r)
{
    int curl = !strncmp(r->error_code, "curl_", 5) ? atoi(r->error_code + 5) : -1;

    for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++)
        if (failures[i].curl == curl)
            return failures[i].type;
    return "connection_error";
}

/*
 * Failures without an HTTP status that tells them; all others have one. Of the attempt,
 * HTTP was well where only its content was not.
 */
static const struct plain_failure {
    const char *request;
    const char *attempt;
} plain_failures[N_OUTCOMES] = {
    [OUTCOME_PARTIAL] = { "response_ended", "response_ended" },
    [OUTCOME_PROTOCOL] = { "invalid_response", NULL },
    [OUTCOME_TIMEOUT_CONNECT] = { "timeout", "timeout" },
    [OUTCOME_TIMEOUT_FIRST] = { "timeout", "timeout" },
    [OUTCOME_TIMEOUT_IDLE] = { "timeout", "timeout" },
    [OUTCOME_TIMEOUT_TOTAL] = { "timeout", "timeout" },
};

static const char *without_status(const struct record *r, bool http)
{
    const struct plain_failure *f = &plain_failures[r->outcome];

    if (r->outcome == OUTCOME_TRANSPORT)
        return of_transport(r);
    if (http)
        return f->attempt;
    if (is_identifier(r->error_code) && strncmp(r->error_code, "curl_", 5))
        return r->error_code;
    return f->request ? f->request : "_OTHER";
}

const char *otlp_error_type(struct arena *a, const struct record *r, bool http)
{
    const char *name;

    if (!outcomes[r->outcome].error)
        return NULL;
    if (r->http_status >= 400) {
        if (!http && is_identifier(r->error_code))
            return otlp_text(a, r->error_code, 64);
        return arena_printf(a, "%d", r->http_status);
    }
    name = without_status(r, http);
    return name ? otlp_text(a, name, 64) : NULL;
}
