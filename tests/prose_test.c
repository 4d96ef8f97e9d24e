#include "api/prose.h"

#include "test.h"

#define REACHED                                                                            \
    "Rate limit reached for model `m-1` in organization `org_01` service tier "            \
    "`on_demand` on "
#define MORE                                                                               \
    " Need more tokens? Upgrade to Dev Tier today at "                                     \
    "https://console.groq.com/settings/billing"

TEST(prose_tells_limit_and_wait)
{
    static const struct {
        const char *text;
        const char *kind;
        int64_t limit, used, requested;
        ns_t wait;
    } cases[] = {
        { REACHED "tokens per minute (TPM): Limit 8000, Used 6644, Requested 2931. Please "
                  "try again in 11.8125s." MORE,
          "TPM", 8000, 6644, 2931, 11812500000 },
        { REACHED "tokens per day (TPD): Limit 100000, Used 96604, Requested 9985. Please "
                  "try again in 1h34m52.896s." MORE,
          "TPD", 100000, 96604, 9985, 5692896000000 },
        { REACHED "requests per minute (RPM): Limit 30, Used 30, Requested 1. Please try "
                  "again in 2s." MORE,
          "RPM", 30, 30, 1, 2000000000 },
        { REACHED "requests per day (RPD): Limit 1000, Used 1000, Requested 1. Please try "
                  "again in 1m26.4s." MORE,
          "RPD", 1000, 1000, 1, 86400000000 },
        { REACHED "seconds of audio per hour (ASPH): Limit 7200, Used 7170, Requested 230. "
                  "Please try again in 1m39.738s." MORE,
          "ASPH", 7200, 7170, 230, 99738000000 },
        { REACHED "seconds of audio per day (ASPD): Limit 28800, Used 28596, Requested "
                  "600. Please try again in 19m48s. Visit "
                  "https://console.groq.com/docs/rate-limits for more information.",
          "ASPD", 28800, 28596, 600, 1188000000000 },
        { "Rate limit reached for model `m` in organization `o` on tokens per minute "
          "(TPM): Limit 7000, Used 0, Requested 12903. Please try again in 50.597142857s.",
          "TPM", 7000, 0, 12903, 50597142857 },
        { "Request too large for model `m` in organization `o` service tier `on_demand` on "
          "tokens per minute (TPM): Limit 8000, Requested 16395, please reduce your "
          "message size and try again." MORE,
          "TPM", 8000, -1, 16395, NS_ABSENT },
        { "Try again in 20ms", "", -1, -1, -1, 20000000 },
        { "try again in 7.66s, please", "", -1, -1, -1, 7660000000 },
        { "Please try again in a minute.", "", -1, -1, -1, NS_ABSENT },
        { "Please try again in -5s.", "", -1, -1, -1, NS_ABSENT },
        { "Please try again in ", "", -1, -1, -1, NS_ABSENT },
        { "Model (beta) and (A) and (WAYTOOLONG) and (TPM", "", -1, -1, -1, NS_ABSENT },
        { "(beta) ((ITPM)) (OTPM)", "ITPM", -1, -1, -1, NS_ABSENT },
        { "Limit reached, used up, Requested", "", -1, -1, -1, NS_ABSENT },
        { "Limit 123456789012345678901234567890", "", 123456789012345678, -1, -1,
          NS_ABSENT },
        { "", "", -1, -1, -1, NS_ABSENT },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct prose p;

        prose_read(str_of(cases[i].text), &p);
        assert_int_equal(p.kind.n, strlen(cases[i].kind));
        assert_memory_equal(p.kind.p, cases[i].kind, p.kind.n);
        assert_int_equal(p.limit, cases[i].limit);
        assert_int_equal(p.used, cases[i].used);
        assert_int_equal(p.requested, cases[i].requested);
        assert_int_equal(p.wait, cases[i].wait);
    }
}

TEST(prose_names_the_span_of_a_limit)
{
    static const struct {
        const char *kind;
        ns_t window;
    } cases[] = {
        { "TPM", 60 * NS_PER_S },
        { "RPM", 60 * NS_PER_S },
        { "ITPM", 60 * NS_PER_S },
        { "RPD", 86400 * NS_PER_S },
        { "TPD", 86400 * NS_PER_S },
        { "ASD", 86400 * NS_PER_S },
        { "ASPD", 86400 * NS_PER_S },
        { "ASH", 3600 * NS_PER_S },
        { "ASPH", 3600 * NS_PER_S },
        { "RPS", 0 },
        { "", 0 },
    };

    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(prose_window(str_of(cases[i].kind)), cases[i].window);
}

TEST(prose_without_a_wait_is_reckoned_from_its_figures)
{
    static const struct {
        const char *text;
        ns_t wait;
    } cases[] = {
        { "(TPM): Limit 8000, Used 6670, Requested 5883.", 34147500000 },
        { "(TPM): Limit 8000, Used 6670, Requested 5883. Please try again in 35s.",
          35000000000 },
        { "(TPD): Limit 200000, Used 199754, Requested 2679.", 1051056000000 },
        { "(ASPH): Limit 7200, Used 5956, Requested 2336.", 546000000000 },
        { "(TPM): Limit 8000, Requested 5883.", NS_ABSENT },
        { "(TPM): Limit 0, Used 1, Requested 1.", NS_ABSENT },
        { "Limit 8000, Used 6670, Requested 5883.", NS_ABSENT },
        { "(RPM): Limit 30, Used 31, Requested 1.", 2000000000 },
        { "", NS_ABSENT },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct prose p;

        prose_read(str_of(cases[i].text), &p);
        assert_int_equal(prose_wait(&p), cases[i].wait);
    }
}
