#include "sim/refusal.h"

#include <stddef.h>
#include <string.h>

#include "sim/gotext.h"

#define INVALID "invalid_request_error"

const struct refusal_row refusals[N_REFUSALS] = {
    [REFUSAL_NONE] = { 200, "", NULL, NULL, "", BODY_JSON, true, false, false },
    [REFUSAL_BAD_JSON] = { .status = 400, .type = INVALID, .message = "$" },
    [REFUSAL_MISSING] = { .status = 400,
                          .type = INVALID,
                          .message = "'$' : property '$' is missing" },
    [REFUSAL_TYPE] = { .status = 400,
                       .type = INVALID,
                       .message = "'$' : value has the wrong type or is out of range" },
    [REFUSAL_UNSUPPORTED] = { .status = 400,
                              .type = INVALID,
                              .message = "`$` is not supported with this model" },
    [REFUSAL_PARAMETER] = { .status = 400,
                            .type = INVALID,
                            .message = "`$` is not supported" },
    [REFUSAL_NOT_YET] = { .status = 400,
                          .type = INVALID,
                          .message = "`$` is not yet supported" },
    [REFUSAL_N] = { .status = 400,
                    .type = INVALID,
                    .param = "n",
                    .message = "'n' : number must be at most 1" },
    [REFUSAL_STREAM_OPTIONS] = { .status = 400,
                                 .type = INVALID,
                                 .param = "stream_options",
                                 .message = "`stream_options` is only allowed when "
                                            "`stream` is enabled" },
    [REFUSAL_RAW_FORMAT] = { .status = 400,
                             .type = INVALID,
                             .param = "reasoning_format",
                             .message = "reasoning_format `raw` cannot be used with JSON "
                                        "mode or tools" },
    [REFUSAL_FORMAT_TWICE] = { .status = 400,
                               .type = INVALID,
                               .param = "reasoning_format",
                               .message = "`include_reasoning` and `reasoning_format` are "
                                          "mutually exclusive" },
    [REFUSAL_JSON_TOOLS] = { .status = 400,
                             .type = INVALID,
                             .param = "response_format",
                             .message = "json mode cannot be combined with tool/function "
                                        "calling" },
    [REFUSAL_MAX_TOKENS] = { .status = 400,
                             .type = INVALID,
                             .param = "max_tokens",
                             .message = "`max_tokens` must be less than or equal to `$`, "
                                        "the maximum value for `max_tokens` is less than "
                                        "the `context_window` for this model" },
    [REFUSAL_CONTEXT] = { .status = 400,
                          .type = INVALID,
                          .code = "context_length_exceeded",
                          .param = "messages",
                          .message = "Please reduce the length of the messages or "
                                     "completion." },
    [REFUSAL_MESSAGE_KEY] = { .status = 400,
                              .type = INVALID,
                              .message = "'messages' : property '$' is unsupported" },
    [REFUSAL_IMAGE] = { .status = 400,
                        .type = INVALID,
                        .message = "messages[$].content must be a string" },
    [REFUSAL_IMAGES] = { .status = 400,
                         .type = INVALID,
                         .param = "messages",
                         .message = "too many images provided: this model supports up to "
                                    "$ images" },
    [REFUSAL_IMAGE_BYTES] = { .status = 400,
                              .type = INVALID,
                              .param = "messages",
                              .message = "a request with image URLs must be at most $ "
                                         "bytes" },
    [REFUSAL_PIXELS] = { .status = 400,
                         .type = INVALID,
                         .param = "messages",
                         .message = "an image must have at most $ pixels" },
    [REFUSAL_TOOL_NAME] = { .status = 400,
                            .type = INVALID,
                            .param = "tools",
                            .message = "tool name `$` does not match "
                                       "[a-zA-Z0-9_-]{1,64}" },
    [REFUSAL_TOO_MANY_TOOLS] = { .status = 400,
                                 .type = INVALID,
                                 .param = "tools",
                                 .message = "'tools' : maximum number of items is 128" },
    [REFUSAL_TIER_VALUE] = { .status = 400,
                             .type = INVALID,
                             .param = "service_tier",
                             .message = "service_tier `$` is not one of on_demand, flex, "
                                        "auto, performance" },
    [REFUSAL_TIER] = { .status = 400,
                       .type = INVALID,
                       .param = "service_tier",
                       .message = "service_tier `$` is not available for this "
                                  "organization" },
    [REFUSAL_EFFORT] = { .status = 400,
                         .type = INVALID,
                         .param = "reasoning_effort",
                         .message = "`reasoning_effort` $ is not supported with this "
                                    "model" },
    [REFUSAL_NOT_CHAT] = { .status = 400,
                           .type = INVALID,
                           .param = "model",
                           .message = "The model `$` does not support chat completions." },
    [REFUSAL_OTHER_KIND] = { .status = 400,
                             .type = INVALID,
                             .param = "model",
                             .message = "The model `$` does not support this endpoint." },
    [REFUSAL_NO_FORM] = { .status = 400,
                          .type = INVALID,
                          .message = "request Content-Type isn't multipart/form-data, or "
                                     "its body is no form" },
    [REFUSAL_NO_AUDIO] = { .status = 400,
                           .type = INVALID,
                           .message = "one of `file` or `url` must be provided" },
    [REFUSAL_TWO_AUDIOS] = { .status = 400,
                             .type = INVALID,
                             .message = "only one of `file` or `url` must be provided" },
    [REFUSAL_AUDIO_NAME] = { .status = 400,
                             .type = INVALID,
                             .code = "unsupported_audio_format",
                             .message =
                                 "file must be one of the following types: [flac mp3 "
                                 "mp4 mpeg mpga m4a ogg wav webm]" },
    [REFUSAL_AUDIO_FORM] = { .status = 400,
                             .type = INVALID,
                             .param = "response_format",
                             .message = "'$' : value is not supported" },
    [REFUSAL_AUDIO_PROMPT] = { .status = 400,
                               .type = INVALID,
                               .code = "invalid_prompt",
                               .param = "prompt",
                               .message = "prompt length must be 896 characters or fewer, "
                                          "but provided prompt contains $ characters" },
    [REFUSAL_GRANULARITY] = { .status = 400,
                              .type = INVALID,
                              .param = "timestamp_granularities",
                              .message = "timestamp_granularities needs response_format "
                                         "verbose_json" },
    [REFUSAL_EMPTY_AUDIO] = { .status = 400,
                              .type = INVALID,
                              .code = "empty_audio_file",
                              .message = "file is empty" },
    [REFUSAL_MEDIA] = { .status = 400,
                        .type = INVALID,
                        .code = "invalid_media_file",
                        .message = "could not process file - is it a valid media file?" },
    [REFUSAL_JSON_FAILED] = { .status = 400,
                              .type = INVALID,
                              .code = "json_validate_failed",
                              .message = "Failed to generate JSON. Please adjust your "
                                         "prompt. See 'failed_generation' for more "
                                         "details.",
                              .limits = true,
                              .failed = true },
    [REFUSAL_TOOL_FAILED] = { .status = 400,
                              .type = INVALID,
                              .code = "tool_use_failed",
                              .message = "Failed to call a function. Please adjust your "
                                         "prompt. See 'failed_generation' for more "
                                         "details.",
                              .limits = true,
                              .failed = true },
    [REFUSAL_PARSE_FAILED] = { .status = 400,
                               .type = INVALID,
                               .code = "output_parse_failed",
                               .message = "Parsing failed. The model generated output that "
                                          "could not be parsed.",
                               .limits = true,
                               .failed = true },
    [REFUSAL_DECOMMISSIONED] = { .status = 400,
                                 .type = INVALID,
                                 .code = "model_decommissioned",
                                 .message = "The model `$` has been decommissioned and is "
                                            "no longer supported. Please refer to "
                                            "https://console.groq.com/docs/deprecations "
                                            "for a recommendation on which model to use "
                                            "instead." },
    [REFUSAL_TERMS] = { .status = 400,
                        .type = INVALID,
                        .code = "model_terms_required",
                        .message = "The model `$` requires terms acceptance. Please have "
                                   "the org admin accept the terms in the console." },
    [REFUSAL_BLOCKED] = { .status = 400,
                          .type = INVALID,
                          .code = "blocked_api_access",
                          .message = "API access is blocked: the spend limit of this "
                                     "organization was reached." },
    [REFUSAL_AUTH] = { .status = 401,
                       .type = INVALID,
                       .code = "invalid_api_key",
                       .message = "Invalid API Key" },
    [REFUSAL_PERMISSION] = { .status = 403,
                             .type = "permissions_error",
                             .code = "model_permission_blocked_project",
                             .message = "The model `$` is blocked at the project level. "
                                        "Please have a project admin enable this model." },
    [REFUSAL_EDGE_1010] = { .status = 403,
                            .message = "error code: 1010",
                            .body = BODY_TEXT,
                            .edge = true },
    [REFUSAL_EDGE_BLOCK] = { .status = 403,
                             .message = "Attention Required! | Cloudflare",
                             .body = BODY_HTML,
                             .edge = true },
    [REFUSAL_MODEL] = { .status = 404,
                        .type = INVALID,
                        .code = "model_not_found",
                        .message = "The model `$` does not exist or you do not have "
                                   "access to it." },
    [REFUSAL_URL] = { .status = 404,
                      .type = INVALID,
                      .code = "unknown_url",
                      .message = "Unknown request URL: $. Please check the URL for typos, "
                                 "or see the docs at https://console.groq.com/docs/" },
    [REFUSAL_METHOD] = { .status = 405,
                         .type = INVALID,
                         .message = "Method not allowed: $" },
    [REFUSAL_NO_FILE] = { .status = 404,
                          .type = INVALID,
                          .message = "The requested file does not exist." },
    [REFUSAL_NO_BATCH] = { .status = 404,
                           .type = INVALID,
                           .message = "The requested batch does not exist." },
    [REFUSAL_BATCH_PLAN] = { .status = 403,
                             .type = "permissions_error",
                             .code = "not_available_for_plan",
                             .message = "Batches are not available on the free plan." },
    [REFUSAL_RATE] = { .status = 429,
                       .type = "tokens",
                       .code = "rate_limit_exceeded",
                       .message = "$",
                       .limits = true },
    [REFUSAL_TOO_LARGE] = { .status = 413,
                            .type = "tokens",
                            .code = "rate_limit_exceeded",
                            .message = "$",
                            .limits = true },
    [REFUSAL_BODY_SIZE] = { .status = 413,
                            .type = INVALID,
                            .code = "request_too_large",
                            .message = "Request Entity Too Large" },
    [REFUSAL_SEMANTIC] = { .status = 422,
                           .type = INVALID,
                           .message = "The request is well-formed but cannot be "
                                      "processed." },
    [REFUSAL_DEPENDENCY] = { .status = 424,
                             .type = "failed_dependency",
                             .message = "A remote MCP server failed." },
    [REFUSAL_CAPACITY] = { .status = 498,
                           .type = "capacity_exceeded",
                           .code = "capacity_exceeded",
                           .message = "The `flex` tier capacity exceeded. Please try again "
                                      "later, or use the `on_demand` tier." },
    [REFUSAL_SERVER] = { .status = 500,
                         .type = "internal_server_error",
                         .message = "Internal Server Error" },
    [REFUSAL_GATEWAY] = { .status = 502,
                          .message = "api.groq.com | 502: Bad gateway",
                          .body = BODY_HTML,
                          .edge = true },
    [REFUSAL_OVERLOADED] = { .status = 503,
                             .type = "internal_server_error",
                             .message = "$ is currently over capacity. Please try again "
                                        "and back off exponentially. Visit "
                                        "https://groqstatus.com to see if there is an "
                                        "active incident." },
    [REFUSAL_UPSTREAM] = { .status = 503,
                           .message = "upstream connect error or disconnect/reset before "
                                      "headers. reset reason: overflow",
                           .body = BODY_TEXT,
                           .edge = true },
    [REFUSAL_TIMEOUT] = { .status = 504,
                          .message = "api.groq.com | 504: Gateway time-out",
                          .body = BODY_HTML,
                          .edge = true },
    [REFUSAL_ORIGIN] = { .status = 522,
                         .message = "api.groq.com | 522: Connection timed out",
                         .body = BODY_HTML,
                         .edge = true },
    [REFUSAL_TRUNCATED_JSON] = { .status = 500,
                                 .message = "{\"error\":{\"mess",
                                 .body = BODY_TEXT },
    [REFUSAL_EMPTY] = { .status = 500, .message = "", .body = BODY_TEXT },
};

const char *refusal_reason(int status)
{
    static const struct {
        int status;
        const char *text;
    } reasons[] = {
        { 100, "Continue" },
        { 200, "OK" },
        { 400, "Bad Request" },
        { 401, "Unauthorized" },
        { 403, "Forbidden" },
        { 404, "Not Found" },
        { 405, "Method Not Allowed" },
        { 413, "Request Entity Too Large" },
        { 417, "Expectation Failed" },
        { 422, "Unprocessable Entity" },
        { 424, "Failed Dependency" },
        { 429, "Too Many Requests" },
        { 431, "Request Header Fields Too Large" },
        { 498, "Capacity Exceeded" },
        { 500, "Internal Server Error" },
        { 501, "Not Implemented" },
        { 502, "Bad Gateway" },
        { 503, "Service Unavailable" },
        { 504, "Gateway Timeout" },
        { 505, "HTTP Version Not Supported" },
    };

    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
        if (reasons[i].status == status)
            return reasons[i].text;
    return "Unknown";
}

const char *refusal_content_type(enum refusal r)
{
    static const char *const types[] = {
        [BODY_JSON] = "application/json",
        [BODY_HTML] = "text/html; charset=UTF-8",
        [BODY_TEXT] = "text/plain; charset=UTF-8",
    };

    return types[refusals[r].body];
}

void refusal_message(struct buf *out, enum refusal r, const char *about)
{
    for (const char *message = refusals[r].message; *message; message++)
        if (*message == '$')
            buf_str(out, about);
        else
            buf_char(out, *message);
}

static void put_key(struct buf *out, const char *key, const char *value)
{
    if (!value)
        return;
    buf_printf(out, ",\"%s\":", key);
    gotext_string(out, value, strlen(value));
}

static void put_error(struct buf *out, enum refusal r, const char *about, const char *type,
                      bool with_status)
{
    const struct refusal_row *row = &refusals[r];
    struct buf message;

    buf_init(&message, 0);
    refusal_message(&message, r, about);
    buf_str(out, "{\"error\":{\"message\":");
    gotext_string(out, message.p ? message.p : "", message.len);
    buf_free(&message);
    put_key(out, "type", type);
    put_key(out, "code", row->code);
    put_key(out, "param", row->param);
    if (row->failed)
        put_key(out, "failed_generation", "{\"rate_limit_exceeded\": \"<oops");
    if (with_status)
        buf_printf(out, ",\"status_code\":%d", row->status);
    buf_str(out, "}}");
}

void refusal_body(struct buf *out, enum refusal r, const char *about, const char *type)
{
    const struct refusal_row *row = &refusals[r];

    switch (row->body) {
    case BODY_JSON:
        put_error(out, r, about, type ? type : row->type, false);
        buf_char(out, '\n');
        break;
    case BODY_HTML:
        buf_printf(
            out,
            "<!DOCTYPE html>\n<html lang=\"en-US\">\n<head><title>%s</title></head>\n"
            "<body><h1>%s</h1></body>\n</html>\n",
            row->message, row->message);
        break;
    case BODY_TEXT:
        buf_str(out, row->message);
        break;
    }
}

void refusal_event(struct buf *out, enum refusal r, const char *about, bool with_status)
{
    put_error(out, r, about, refusals[r].type, with_status);
}
