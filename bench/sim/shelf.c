#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "sim/batch_parts.h"
#include "sim/form.h"
#include "sim/gotext.h"
#include "sim/world.h"

/* /files: what was uploaded, and what batches made. */

struct shelf_file *shelf_new(struct world *w, const struct exchange *x, const char *name,
                             bool output)
{
    struct shop *s = &w->shop;
    struct shelf_file *f = mem_alloc(sizeof(*f));
    struct rng r = rng_stream(w->set->seed, "sim.file", s->n_files);
    ns_t real = x->received + w->script.real_minus_mono;

    memcpy(f->id, "file_", 5);
    ident_ulid(f->id + 5, (uint64_t)(real / NS_PER_MS), &r);
    snprintf(f->name, sizeof(f->name), "%s", name);
    f->output = output;
    f->created = real / NS_PER_S;
    s->files = mem_grow(s->files, s->n_files, &s->cap_files, sizeof(struct shelf_file *));
    s->files[s->n_files++] = f;
    return f;
}

struct shelf_file *shelf_find(struct world *w, struct str id)
{
    for (size_t i = 0; i < w->shop.n_files; i++)
        if (str_is(id, w->shop.files[i]->id) && !w->shop.files[i]->gone)
            return w->shop.files[i];
    return NULL;
}

static void put_file(struct buf *out, const struct shelf_file *f)
{
    buf_printf(out, "{\"id\":\"%s\",\"object\":\"file\",\"bytes\":%zu,\"created_at\":%lld,",
               f->id, f->bytes.len, (long long)f->created);
    buf_str(out, "\"filename\":");
    gotext_string(out, f->name, strlen(f->name));
    buf_printf(out, ",\"purpose\":\"%s\"}", f->output ? "batch_output" : "batch");
}

/* The bytes between the separators as they are; only "batch" is a purpose. */
static void upload(struct world *w, struct exchange *x, const struct http *http)
{
    struct str type = http_header(http, "content-type");
    struct str file = { NULL, 0 }, name = { "", 0 };
    bool purpose = false;
    struct shelf_file *f;
    struct form form;
    struct form_part part;
    char text[128];

    if (form_open(&form, type.p ? type : (struct str){ "", 0 },
                  (struct str){ http->body.p, http->body.len })) {
        world_refuse(x, REFUSAL_NO_FORM, "");
        return;
    }
    while (form_next(&form, &part)) {
        if (str_is(part.name, "purpose"))
            purpose = str_is(part.value, "batch");
        else if (str_is(part.name, "file") && part.file.p) {
            file = part.value;
            name = part.file;
        }
    }
    if (form.bad || !file.p || !purpose) {
        world_refuse(x, form.bad ? REFUSAL_NO_FORM : REFUSAL_MISSING,
                     file.p ? "purpose" : "file");
        return;
    }
    snprintf(text, sizeof(text), "%.*s", (int)(name.n < 120 ? name.n : 120), name.p);
    f = shelf_new(w, x, text, false);
    buf_add(&f->bytes, file.p, file.n);
    put_file(&x->made, f);
}

static void list(struct world *w, struct exchange *x)
{
    bool any = false;

    buf_str(&x->made, "{\"object\":\"list\",\"data\":[");
    for (size_t i = w->shop.n_files; i--;) {
        if (w->shop.files[i]->gone)
            continue;
        buf_str(&x->made, any ? "," : "");
        put_file(&x->made, w->shop.files[i]);
        any = true;
    }
    buf_str(&x->made, "]}");
}

static void delete (struct exchange *x, struct shelf_file *f)
{
    f->gone = true;
    buf_printf(&x->made, "{\"id\":\"%s\",\"object\":\"file\",\"deleted\":true}", f->id);
}

void shelf_answer(struct world *w, struct exchange *x, const struct http *http,
                  struct str rest)
{
    static const char content[] = "/content";
    struct str method = http_method(http), id = { rest.p + 1, rest.n ? rest.n - 1 : 0 };
    bool whole = false;
    struct shelf_file *f;

    if (!rest.n) {
        if (str_is(method, "POST"))
            upload(w, x, http);
        else if (str_is(method, "GET"))
            list(w, x);
        else
            world_refuse(x, REFUSAL_METHOD, "/files");
        return;
    }
    if (id.n > sizeof(content) - 1 &&
        !memcmp(id.p + id.n - (sizeof(content) - 1), content, sizeof(content) - 1)) {
        id.n -= sizeof(content) - 1;
        whole = true;
    }
    f = shelf_find(w, id);
    if (!f)
        world_refuse(x, REFUSAL_NO_FILE, "");
    else if (whole && str_is(method, "GET"))
        buf_add(&x->made, f->bytes.len ? f->bytes.p : "", f->bytes.len);
    else if (!whole && str_is(method, "GET"))
        put_file(&x->made, f);
    else if (!whole && str_is(method, "DELETE"))
        delete (x, f);
    else
        world_refuse(x, REFUSAL_METHOD, "/files/{id}");
}
