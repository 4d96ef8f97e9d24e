#include "sim/setting.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim/setting_row.h"

#define AT(member) offsetof(struct setting, member)

static const struct setting_row rows[] = {
    { "listen", "ADDRESS:PORT", "127.0.0.1:8080", setting_read_text, AT(listen),
      "where to listen; port 0: any that is free" },
    { "port-fd", "FD", NULL, setting_read_fd, AT(port_fd),
      "write the port and a line end to this descriptor and close it" },
    { "until-eof-fd", "FD", NULL, setting_read_fd, AT(until_eof_fd),
      "finish when this descriptor comes to its end" },
    { "child", "", "off", setting_read_switch, AT(child),
      "end with the process that started it" },
    { "quiet", "", "off", setting_read_switch, AT(quiet), "say nothing" },
    { "help", "", "off", setting_read_switch, AT(help), "this text" },
    { "faults", "", "off", setting_read_switch, AT(list_faults), "list the faults" },
    { "profile", "FILE", NULL, setting_read_profile, 0,
      "settings from a file of lines `name: value`, names as here" },
    { "truth", "FILE", NULL, setting_read_text, AT(truth), "write the truth log" },
    { "truth-frames", "", "on", setting_read_switch, AT(truth_frames),
      "each frame's departure in the truth log" },
    { "seed", "N", "1", setting_read_count, AT(seed), "everything random follows from it" },
    { "catalogue", "FILE", NULL, setting_read_text, AT(catalogue),
      "models, speeds, limits, prices" },
    { "speed", "X", "1", setting_read_above_0, AT(speed), "time runs X times faster" },
    { "flood", "", "off", setting_read_switch, AT(flood),
      "frames as fast as the socket takes them, one a write" },

    { "key", "KEY", NULL, setting_read_keys, 0,
      "accept this API key (repeatable); none: accept any" },
    { "plan", "NAME", "none", setting_read_plan, AT(plan),
      "limits of the catalogue: none, free or developer" },
    { "limit", "LIST", NULL, setting_read_limits, 0,
      "limits of every model, as rpm=30,rpd=1000,tpm=6k,tpd=100k,ash=7200" },
    { "announce", "LIST", NULL, setting_read_announced, 0,
      "limits that headers tell instead of those that are kept, as rpd=1000,tpm=6k" },
    { "reserve", "N", "none", setting_read_reserve, AT(reserve),
      "completion tokens debited ahead: none, max (as asked for) or at most N" },
    { "credit-cached", "", "off", setting_read_switch, AT(credit_cached),
      "cached tokens do not count towards limits" },
    { "limit-headers", "", "on", setting_read_switch, AT(head_limits),
      "tell the limits in headers" },
    { "spend-limit", "MONEY", NULL, setting_read_money, AT(spend_limit_nusd),
      "refuse with blocked_api_access once this is spent" },
    { "flex-498", "SHARE", "0", setting_read_share, AT(flex_498),
      "of flex requests refused for want of capacity" },
    { "flex-on", "DURATION", "0", setting_read_duration, AT(flex_on),
      "mean time flex has capacity, with flex-off" },
    { "flex-off", "DURATION", "0", setting_read_duration, AT(flex_off),
      "mean time flex has none" },

    { "queue-median", "DURATION", "20ms", setting_read_seconds, AT(queue_median),
      "median of the queue time" },
    { "queue-sigma", "X", "0.6", setting_read_number, AT(queue_sigma),
      "spread of the queue time, of its logarithm" },
    { "capacity", "N", "256", setting_read_number, AT(capacity),
      "requests a model serves at once before others wait; 0: no end" },
    { "prefill-base", "DURATION", "2ms", setting_read_seconds, AT(prefill_base),
      "prefill of an empty prompt" },
    { "prefill-tps", "X", "0", setting_read_number, AT(prefill_tps),
      "prompt tokens a second; 0: as the catalogue says" },
    { "prefill-load", "X", "0.5", setting_read_number, AT(prefill_load),
      "prefill is slower by this share when all capacity is taken" },
    { "tps", "X", "0", setting_read_number, AT(tps),
      "tokens generated a second; 0: as the catalogue says" },
    { "tps-sigma", "X", "0.05", setting_read_number, AT(tps_sigma),
      "spread of the speed between requests" },
    { "jitter", "SHARE", "0.3", setting_read_share, AT(jitter),
      "a frame is late by up to this share of a token's time" },
    { "event-tokens", "X", "1.1", setting_read_above_0, AT(event_tokens),
      "mean tokens an event" },
    { "burst", "X", "1.3", setting_read_above_0, AT(burst), "mean events a write" },

    { "hearing", "X", "0", setting_read_number, AT(hearing),
      "seconds of audio transcribed a second; 0: as the catalogue says" },
    { "url-audio", "DURATION", "10s", setting_read_duration, AT(url_audio),
      "how long audio lasts that is only named by its URL" },
    { "speaking", "X", "12", setting_read_above_0, AT(speaking),
      "seconds of speech made a second" },

    { "output", "N", "auto", setting_read_output, 0,
      "tokens of an answer: auto, max (all it may have) or N" },
    { "output-median", "N", "160", setting_read_above_0, AT(draft.median),
      "median of the tokens of an answer, with auto" },
    { "output-sigma", "X", "0.5", setting_read_number, AT(draft.sigma), "their spread" },
    { "tool-share", "SHARE", "1", setting_read_share, AT(draft.tool_share),
      "of the requests that may call a tool that do" },

    { "tool-calls", "N", "1", setting_read_count, AT(draft.tool_calls),
      "calls in one answer, of models that call several tools at once" },
    { "tool-wrong", "SHARE", "0", setting_read_share, AT(draft.tool_wrong),
      "of the answers with a call, those with one that the check refuses" },
    { "json-invalid", "SHARE", "0", setting_read_share, AT(draft.json_invalid),
      "of the JSON answers, not strict, those that are not what was asked for" },
    { "json-failed", "SHARE", "0", setting_read_share, AT(draft.json_failed),
      "of them, those that end in json_validate_failed" },
    { "json-speed", "X", "1", setting_read_above_0, AT(json_speed),
      "JSON is generated at this share of the usual speed" },
    { "json-compile", "DURATION", "0", setting_read_seconds, AT(json_compile),
      "the first request with a schema waits so long for it" },
    { "image-time", "DURATION", "60ms", setting_read_seconds, AT(image_time),
      "prefill that a picture takes beside its tokens" },
    { "image-fetch", "DURATION", "120ms", setting_read_seconds, AT(image_fetch),
      "until a picture, or audio, that is only named has been fetched" },

    { "server-tools", "X", "2", setting_read_number, AT(tools),
      "median of the tools that a system runs for an answer, 10 at most" },
    { "server-tool-time", "DURATION", "400ms", setting_read_seconds, AT(tool_time),
      "median of the time each takes" },
    { "lora-cold", "DURATION", "2s", setting_read_seconds, AT(lora_cold),
      "wait of the first call of an adapter (ft:BASE:org_.../NAME)" },
    { "lora-idle", "DURATION", "5m", setting_read_duration, AT(lora_idle),
      "pause after which it is loaded anew" },

    { "cache", "", "on", setting_read_switch, AT(cache),
      "the prompt cache, for the models that have one" },
    { "cache-min", "N", "1024", setting_read_count, AT(cache_min),
      "shortest prompt it keeps" },
    { "cache-lifetime", "DURATION", "2h", setting_read_duration, AT(cache_lifetime),
      "without use" },
    { "cache-hit", "SHARE", "1", setting_read_share, AT(cache_hit),
      "probability that what is there is found" },
    { "cache-regional", "", "on", setting_read_switch, AT(cache_regional),
      "each region has its own" },

    { "regions", "LIST", "dal", setting_read_regions, 0,
      "NAME:WEIGHT[:DELAY], as dal:0.7,fra:0.3:45ms" },
    { "edge", "CODE", "DFW", setting_read_text, AT(edge), "edge location in cf-ray" },
    { "delay", "DURATION", "0", setting_read_seconds, AT(delay),
      "median network delay, both ways together" },
    { "delay-sigma", "X", "0", setting_read_number, AT(delay_sigma), "its spread" },

    { "batch-queue", "DURATION", "2s", setting_read_seconds, AT(batch_queue),
      "median of the time until a batch is worked off" },
    { "batch-item", "DURATION", "20ms", setting_read_seconds, AT(batch_item),
      "time that a request of a batch takes; they are done one behind the other" },
    { "batch-finalize", "DURATION", "1s", setting_read_seconds, AT(batch_finalize),
      "from the last of them to the end of the batch" },
    { "batch-cancel", "DURATION", "1s", setting_read_seconds, AT(batch_cancel),
      "from cancelling to cancelled" },
    { "batch-expires", "DURATION", "0", setting_read_duration, AT(batch_expires),
      "a batch expires so long after it was made; 0: with its window" },
    { "batch-page", "N", "20", setting_read_count, AT(batch_page),
      "batches on a page of their list" },
    { "batch-item-fault", "LIST", NULL, setting_read_item_faults, 0,
      "NAME[:ARG]=SHARE of refusals, as fault, for requests in batches" },
    { "batch-step-fault", "LIST", NULL, setting_read_step_faults, 0,
      "STEP=NAME[:ARG]: the first upload, create, list, poll, cancel, content or delete "
      "meets "
      "that fault" },
    { "batch-odd", "LIST", NULL, setting_read_batch_odd, 0,
      "what is wrong with every batch: fail, stuck, backwards, repeated, strangers, "
      "missing, "
      "long-line, cut-line, bad-line, bad-id, other-id, no-answer" },

    { "response-done", "", "off", setting_read_switch, AT(response_done),
      "streams of the Responses API end with [DONE], as those of chat do" },

    { "fault", "LIST", NULL, setting_read_faults, 0,
      "NAME[:ARG]=SHARE (repeatable); SHARE 0..1 or 1/N for every N-th; see --faults" },

    { "any-model", "", "off", setting_read_switch, AT(any_model),
      "serve models the catalogue does not know" },
    { "any-case", "", "off", setting_read_switch, AT(any_case), "model ids in any case" },
    { "require-agent", "", "off", setting_read_switch, AT(require_agent),
      "refuse library agents with error code 1010" },
    { "idle", "DURATION", "75s", setting_read_duration, AT(idle),
      "close connections without a request, or stuck, after this" },
    { "max-connections", "N", "0", setting_read_count, AT(max_connections),
      "more are closed at once; 0: as many as there are descriptors" },
    { "requests-per-connection", "N", "0", setting_read_count, AT(requests_per_connection),
      "close after so many; 0: never" },
};
enum { N_ROWS = sizeof(rows) / sizeof(rows[0]) };

static const struct setting_row *find(const char *name, size_t n)
{
    for (size_t i = 0; i < N_ROWS; i++)
        if (strlen(rows[i].name) == n && !memcmp(rows[i].name, name, n))
            return &rows[i];
    return NULL;
}

void setting_init(struct setting *set)
{
    struct err err;

    *set = (struct setting){ .port_fd = -1, .until_eof_fd = -1, .spend_limit_nusd = -1 };
    for (int k = 0; k < N_QUOTAS; k++)
        set->rates.limit[k] = -1;
    for (size_t i = 0; i < N_ROWS; i++)
        if (rows[i].initial && rows[i].read(set, &rows[i], rows[i].initial, &err))
            abort();
}

void setting_free(struct setting *set)
{
    arena_free(&set->arena);
}

/* One flag; *used: how many of the arguments it took. */
static int read_flag(struct setting *set, const char *arg, const char *next, int *used,
                     struct err *err)
{
    const char *name = arg + 2;
    size_t n = strcspn(name, "=");
    const char *value = name[n] ? name + n + 1 : NULL;
    const struct setting_row *row = !strncmp(arg, "--", 2) ? find(name, n) : NULL;

    *used = 1;
    if (!row)
        return err_set(err, ERR_USAGE, "unknown argument \"%s\"; see tokdyno sim --help",
                       arg);
    if (!value && !*row->value)
        value = "on";
    if (!value) {
        value = next;
        *used = 2;
    }
    if (!value)
        return err_set(err, ERR_USAGE, "--%s wants %s", row->name, row->value);
    if (row->read(set, row, value, err))
        return err_at(err, "--%s", row->name);
    return 0;
}

int setting_flags(struct setting *set, int argc, char **argv, struct err *err)
{
    int used;

    for (int i = 1; i < argc; i += used) {
        const char *arg = strcmp(argv[i], "-h") != 0 ? argv[i] : "--help";

        if (read_flag(set, arg, i + 1 < argc ? argv[i + 1] : NULL, &used, err))
            return -1;
    }
    return 0;
}

/* Without white space around it, the comment and the quotes. In place. */
static char *clean(char *s)
{
    char *hash = *s == '#' ? s : strstr(s, " #");
    size_t n;

    if (hash)
        *hash = '\0';
    s += strspn(s, " \t");
    n = strlen(s);
    while (n && strchr(" \t\r\n", s[n - 1]))
        s[--n] = '\0';
    if (n > 1 && (s[0] == '"' || s[0] == '\'') && s[n - 1] == s[0]) {
        s[n - 1] = '\0';
        s++;
    }
    return s;
}

static int profile_line(struct setting *set, char *line, struct err *err)
{
    char *text = clean(line);
    size_t n = strcspn(text, ":");
    const struct setting_row *row;

    if (!*text || !strcmp(text, "---"))
        return 0;
    row = find(text, n);
    if (!text[n] || !row || row->read == setting_read_profile)
        return err_set(err, ERR_PARSE,
                       "expected `name: value` with a name of "
                       "tokdyno sim --help, not \"%.60s\"",
                       text);
    return row->read(set, row, clean(text + n + 1), err);
}

int setting_profile(struct setting *set, const char *path, struct err *err)
{
    FILE *f = fopen(path, "re");
    char line[4096];
    int number = 0;
    int rc = 0;

    if (!f)
        return err_set(err, ERR_IO, "cannot read %s: %s", path, strerror(errno));
    while (!rc && fgets(line, sizeof(line), f)) {
        number++;
        if (!strchr(line, '\n') && !feof(f))
            rc = err_set(err, ERR_PARSE, "line longer than %zu bytes", sizeof(line) - 1);
        else
            rc = profile_line(set, line, err);
    }
    fclose(f);
    return rc ? err_at(err, "%s:%d", path, number) : 0;
}

void setting_usage(FILE *out)
{
    for (size_t i = 0; i < N_ROWS; i++) {
        const struct setting_row *r = &rows[i];
        int width = fprintf(out, "  --%s%s%s", r->name, *r->value ? " " : "", r->value);

        fprintf(out, "%*s%s", width < 30 ? 30 - width : 2, "", r->help);
        if (r->initial && *r->value && strcmp(r->initial, "0") != 0)
            fprintf(out, " [%s]", r->initial);
        if (r->initial && !*r->value && !strcmp(r->initial, "on"))
            fprintf(out, " [on; =off]");
        fputc('\n', out);
    }
}
