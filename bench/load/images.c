#include "load/images.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/base64.h"
#include "base/json.h"
#include "load/image.h"

/* A file beyond this no API takes, and who names one has mistaken it. */
enum { MOST_BYTES = 64 << 20 };

/* --- making the parts ----------------------------------------------------------------- */

static int slurp(const char *path, struct buf *out, struct err *err)
{
    FILE *f = fopen(path, "re");
    char chunk[64 * 1024];
    size_t n;
    int rc = 0;

    if (!f)
        return err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
    while (!rc && (n = fread(chunk, 1, sizeof(chunk), f)) > 0)
        rc = buf_add(out, chunk, n);
    if (rc)
        err_set(err, ERR_LIMIT, "%s: larger than %d MiB", path, MOST_BYTES >> 20);
    else if (ferror(f))
        rc = err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
    fclose(f);
    return rc;
}

static void keep(struct images *im, struct image_part *part, struct buf *json)
{
    buf_str(json, "\"}}");
    part->json = (struct str){ arena_strndup(&im->arena, json->p, json->len), json->len };
}

static const char part_head[] = ",{\"type\":\"image_url\",\"image_url\":{\"url\":\"";

static void make_inline(struct images *im, struct image_part *part,
                        const struct image *image, const struct buf *bytes)
{
    struct buf json;

    buf_init(&json, 0);
    buf_printf(&json, "%sdata:%s;base64,", part_head, image->mime);
    base64_encode(bytes->p, bytes->len, &json);
    part->is_inline = true;
    part->pixels = (uint64_t)image->width * image->height;
    keep(im, part, &json);
    buf_free(&json);
}

static int add_file(struct images *im, const char *path, struct err *err)
{
    struct image_part *part = &im->parts[im->n];
    struct image image;
    struct buf bytes;
    int rc;

    buf_init(&bytes, MOST_BYTES);
    part->name = arena_strdup(&im->arena, path);
    rc = slurp(path, &bytes, err);
    if (!rc && image_look((struct str){ bytes.p, bytes.len }, &image))
        rc = err_set(
            err, ERR_PARSE,
            "%s: not a picture that is known here; expected PNG, JPEG, GIF or WebP", path);
    if (!rc) {
        make_inline(im, part, &image, &bytes);
        im->n++;
    }
    buf_free(&bytes);
    return rc;
}

static int add_url(struct images *im, const char *url, struct err *err)
{
    struct image_part *part = &im->parts[im->n];
    struct jsonw w;
    struct buf json;

    if (strncmp(url, "https://", 8) != 0 && strncmp(url, "http://", 7) != 0)
        return err_set(err, ERR_PARSE,
                       "\"%.80s\" is no address of a picture; expected https://..., or "
                       "workload.images.files",
                       url);
    part->name = arena_strdup(&im->arena, url);
    buf_init(&json, 0);
    buf_add(&json, part_head, sizeof(part_head) - 2); /* the quote is the writer's */
    jsonw_init(&w, &json, 0);
    jsonw_string(&w, url);
    json.len--;
    keep(im, part, &json);
    buf_free(&json);
    im->n++;
    return 0;
}

int images_open(struct images *im, const struct workload_images *w, struct err *err)
{
    *im = (struct images){ .per_request = w->per_request };
    if (!w->per_request)
        return 0;
    im->parts = arena_alloc(&im->arena, (w->n_files + w->n_urls + 1) * sizeof(*im->parts));
    for (size_t i = 0; i < w->n_files; i++)
        if (add_file(im, w->files[i], err))
            return err_at(err, "workload.images.files");
    for (size_t i = 0; i < w->n_urls; i++)
        if (add_url(im, w->urls[i], err))
            return err_at(err, "workload.images.urls");
    return 0;
}

void images_close(struct images *im)
{
    arena_free(&im->arena);
    *im = (struct images){ 0 };
}

void images_put(const struct images *im, uint64_t first, struct buf *out)
{
    for (size_t i = 0; im->n && i < im->per_request; i++) {
        const struct image_part *part = &im->parts[(first + i) % im->n];

        buf_add(out, part->json.p, part->json.n);
    }
}

/* --- counting ------------------------------------------------------------------------- */

static void count(struct image_use *use, bool is_inline, size_t bytes)
{
    use->n++;
    use->inlined += is_inline;
    use->bytes += bytes;
}

struct image_use images_most(const struct images *im)
{
    struct image_use most = { 0 };

    for (size_t first = 0; first < im->n; first++) {
        struct image_use one = { 0 };

        for (size_t i = 0; i < im->per_request; i++) {
            const struct image_part *part = &im->parts[(first + i) % im->n];

            count(&one, part->is_inline, part->json.n);
        }
        if (one.inlined > most.inlined ||
            (one.inlined == most.inlined && one.bytes >= most.bytes))
            most = one;
    }
    return most;
}

/* "image_url": {"url": "..."}, or the address alone, as Responses have it. */
static void see_url(struct json *j, struct image_use *use)
{
    struct str key, url = { "", 0 };

    if (json_kind(j) != JSON_IS_OBJECT) {
        json_text(j, &url);
    } else {
        json_open_object(j);
        while (json_key(j, &key))
            if (str_is(key, "url"))
                json_text(j, &url);
            else
                json_skip(j);
    }
    if (url.n)
        count(use, str_starts(url, "data:"), url.n);
}

static void see_part(struct json *j, struct image_use *use)
{
    struct str key;

    if (!json_open_object(j))
        return;
    while (json_key(j, &key))
        if (str_is(key, "image_url"))
            see_url(j, use);
        else
            json_skip(j);
}

static void see_message(struct json *j, struct image_use *use)
{
    struct str key;

    if (!json_open_object(j))
        return;
    while (json_key(j, &key)) {
        if (!str_is(key, "content") || json_kind(j) != JSON_IS_ARRAY) {
            json_skip(j);
            continue;
        }
        json_open_array(j);
        while (json_item(j))
            see_part(j, use);
    }
}

struct image_use images_within(struct str messages)
{
    struct image_use use = { 0 };
    struct json j;

    json_init(&j, messages.p, messages.n);
    if (json_open_array(&j))
        while (json_item(&j))
            see_message(&j, &use);
    return use;
}

struct image_use images_in(struct str message)
{
    struct image_use use = { 0 };
    struct json j;

    json_init(&j, message.p, message.n);
    see_message(&j, &use);
    return use;
}

/* --- what a model takes --------------------------------------------------------------- */

static void put_megabytes(char *out, size_t size, double bytes)
{
    snprintf(out, size, "%.2f MB", bytes / 1e6);
}

int images_check(struct image_use use, size_t request_bytes, const struct model *m,
                 struct err *err)
{
    int64_t most = use.inlined ? m->image_inline_bytes : m->image_url_bytes;
    char is[32], may[32];

    if (!use.n)
        return 0;
    if (m->images_most >= 0 && use.n > (size_t)m->images_most)
        return err_set(err, ERR_LIMIT,
                       "%zu pictures in a request; %s takes %lld at most, by the catalogue",
                       use.n, m->id, (long long)m->images_most);
    if (most < 0 || request_bytes <= (size_t)most)
        return 0;
    put_megabytes(is, sizeof(is), (double)request_bytes);
    put_megabytes(may, sizeof(may), (double)most);
    return err_set(
        err, ERR_LIMIT,
        "a request with its pictures is %s; %s takes %s at most with pictures %s, "
        "by the catalogue; expected smaller or fewer ones%s",
        is, m->id, may, use.inlined ? "sent as base64" : "by address",
        use.inlined ? ", or workload.images.urls" : "");
}

int images_check_each(const struct images *im, const struct model *m, struct err *err)
{
    for (size_t i = 0; i < im->n; i++)
        if (m->image_pixels >= 0 && im->parts[i].pixels > (uint64_t)m->image_pixels)
            return err_set(err, ERR_LIMIT,
                           "%.160s has %.1f megapixels; %s takes %.1f at most, by the "
                           "catalogue",
                           im->parts[i].name, (double)im->parts[i].pixels / 1e6, m->id,
                           (double)m->image_pixels / 1e6);
    return 0;
}
