#include <math.h>

#include "base/units.h"
#include "load/clip.h"
#include "load/plan_private.h"

/* Where the catalogue does not know better: how fast speech is heard, spoken and written.
 */
enum { USUAL_FACTOR = 100, SPOKEN_FACTOR = 10, CHARACTERS_PER_S = 15 };
enum { DRAWS = 1000, BYTES_PER_TOKEN = 4, CHARACTERS_PER_WORD = 6 };

/* Groq's limits of an upload. */
static const struct {
    const char *plan;
    uint64_t bytes;
} uploads[] = { { "free", 25000000 }, { "developer", 100000000 } };

/* A file is read for its length; a clip that is made need not be made for that. */
int plan_measure_audio(struct plan_cell *c, struct err *err)
{
    const struct workload *w = &c->cell->workload;
    struct clip_spec spec = {
        .file = w->audio_file,
        .length = w->audio_length > 0 ? w->audio_length : NS_ABSENT,
        .rate = w->audio_rate,
    };
    struct clip *clip;

    if (w->audio_url) {
        c->audio = spec.length;
        return 0;
    }
    clip = clip_open(&spec, err);
    if (!clip)
        return -1;
    c->audio = clip_length(clip);
    c->upload = clip_bytes(clip);
    clip_close(clip);
    return 0;
}

void plan_measure_text(struct plan_cell *c)
{
    const struct workload *w = &c->cell->workload;
    double words = 0;

    c->characters = w->text ? (int64_t)strlen(w->text) : (int64_t)w->characters;
    for (int i = 0; !c->characters && i < DRAWS; i++)
        words += dist_draw(&w->input_tokens, (i + 0.5) / DRAWS) / DRAWS;
    if (!c->characters)
        c->characters = llround(words * CHARACTERS_PER_WORD);
    c->prompt = c->characters / BYTES_PER_TOKEN;
}

double plan_audio_seconds(const struct plan_cell *c)
{
    double factor = c->model && c->model->speed_factor > 0 ? c->model->speed_factor
                                                           : (double)USUAL_FACTOR;

    if (c->audio > 0)
        return (double)c->audio / NS_PER_S / factor;
    return c->characters > 0 ? (double)c->characters / CHARACTERS_PER_S / SPOKEN_FACTOR : 0;
}

static int64_t times(int64_t one, uint64_t n)
{
    double all = (double)one * (double)n;

    return one < 0 ? -1 : (int64_t)fmin(all, 0x1p62);
}

int64_t plan_audio_cost(const struct plan_cell *c)
{
    if (!c->model)
        return -1;
    return times(c->characters >= 0 ? catalogue_text_cost(c->model, c->characters)
                                    : catalogue_audio_cost(c->model, c->audio),
                 c->requests);
}

static int64_t sum(int64_t a, int64_t b)
{
    return a < 0 ? b : b < 0 ? a : a > INT64_MAX - b ? INT64_MAX : a + b;
}

void plan_add_audio(struct plan_cell *total, struct plan_cell *c)
{
    c->audio_in = times(c->audio, c->requests);
    c->characters_in = times(c->characters, c->requests);
    total->audio_in = sum(total->audio_in, c->audio_in);
    total->characters_in = sum(total->characters_in, c->characters_in);
}

static void warn_upload(struct plan_remarks *r, const struct plan_cell *c)
{
    struct buf is = { 0 };

    for (size_t i = 0; i < sizeof(uploads) / sizeof(uploads[0]); i++)
        if (!strcmp(c->cell->target.plan, uploads[i].plan) &&
            c->upload > uploads[i].bytes) {
            units_put_bytes(&is, c->upload);
            plan_remark(r, c,
                        "files of %s are uploaded, Groq takes %ju MB at most on the plan "
                        "\"%s\"; expected a shorter workload.audio.length, or FLAC",
                        is.p, (uintmax_t)(uploads[i].bytes / 1000000), uploads[i].plan);
        }
    buf_free(&is);
}

void plan_warn_audio(struct plan_remarks *r, const struct plan_cell *c)
{
    const struct workload *w = &c->cell->workload;

    warn_upload(r, c);
    if ((w->audio_file || w->audio_url) && c->audio == NS_ABSENT)
        plan_remark(r, c,
                    "how long %s lasts is not known, and so neither its price nor its "
                    "speed factor; expected workload.audio.length beside it",
                    w->audio_url ? "what workload.audio.url names"
                                 : c->cell->request.upload_name);
    if (c->audio > 0 && c->audio < CATALOGUE_LEAST_AUDIO)
        plan_remark(r, c, "clips of %.3g s are paid for as if they were 10 s long",
                    (double)c->audio / NS_PER_S);
}
