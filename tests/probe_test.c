#include "load/probe.h"

#include "api/error.h"
#include "test.h"

static void answer_of(struct answer *a, int status, const char *body)
{
    answer_init(a);
    a->status = status;
    if (status >= 400)
        error_body(a, str_of(body));
}

TEST(probe_takes_an_endpoint_that_calls_the_request_wrong_for_one_that_is_there)
{
    static const struct {
        int status;
        const char *body;
        enum probe_state want;
    } cases[] = {
        { 200, "", PROBE_YES },
        { 400, "{\"error\":{\"message\":\"missing\"}}", PROBE_YES },
        { 422, "{\"detail\":\"x\"}", PROBE_YES },
        { 415, "", PROBE_YES },
        { 404, "{\"error\":{\"code\":\"unknown_url\",\"message\":\"x\"}}", PROBE_NO },
        { 404, "<html>not here</html>", PROBE_NO },
        { 404, "{\"error\":{\"code\":\"model_not_found\",\"message\":\"x\"}}", PROBE_YES },
        { 405, "", PROBE_NO },
        { 501, "", PROBE_NO },
        { 401, "", PROBE_REFUSED },
        { 403, "error code: 1010", PROBE_REFUSED },
        { 429, "", PROBE_UNCLEAR },
        { 500, "", PROBE_UNCLEAR },
        { 503, "", PROBE_UNCLEAR },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct answer a;

        answer_of(&a, cases[i].status, cases[i].body);
        if (probe_judge_endpoint(&a) != cases[i].want)
            fail_msg("%d %s: %s", cases[i].status, cases[i].body,
                     probe_states[probe_judge_endpoint(&a)]);
        answer_free(&a);
    }
}

#define CODE(code) "{\"error\":{\"message\":\"x\",\"code\":\"" code "\"}}"

TEST(probe_takes_a_feature_that_was_tried_for_one_that_is_there)
{
    static const struct {
        int status;
        const char *body;
        enum probe_state want;
    } cases[] = {
        { 200, "", PROBE_YES },
        { 400, CODE("json_validate_failed"), PROBE_YES },
        { 400, CODE("tool_use_failed"), PROBE_YES },
        { 498, CODE("capacity_exceeded"), PROBE_YES },
        { 400, CODE("x"), PROBE_NO },
        { 422, "", PROBE_NO },
        { 400, CODE("blocked_api_access"), PROBE_REFUSED },
        { 403, "", PROBE_REFUSED },
        { 429, "", PROBE_UNCLEAR },
        { 500, "", PROBE_UNCLEAR },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct answer a;

        answer_of(&a, cases[i].status, cases[i].body);
        if (probe_judge_feature(&a) != cases[i].want)
            fail_msg("%d %s: %s", cases[i].status, cases[i].body,
                     probe_states[probe_judge_feature(&a)]);
        answer_free(&a);
    }
}

TEST(probe_reports_say_only_what_was_found)
{
    struct probe p = { .target = "http://x/v1", .why = "nobody listens" };
    struct buf out = { 0 };

    report_probe_text(&out, &p, false);
    assert_string_equal(out.p, "http://x/v1\nnot reached: nobody listens\n");
    buf_clear(&out);
    p.why[0] = '\0';
    p.reached = true;
    p.offset = offset_none;
    p.dns = p.tcp = p.tls = p.queue = NS_ABSENT;
    for (int i = 0; i < N_LIMITS; i++)
        p.limits[i] = (struct limit){ -1, -1, NS_ABSENT };
    p.limits[LIMIT_TOKENS] = (struct limit){ 6000, 5963, 370 * NS_PER_MS };
    report_probe_text(&out, &p, false);
    assert_null(strstr(out.p, "clock"));
    assert_null(strstr(out.p, "requests  "));
    assert_non_null(strstr(out.p, "6,000"));
    buf_free(&out);
}
