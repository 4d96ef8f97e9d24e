#include "reports/html.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "data/places.h"
#include "reports/html_parts.h"
#include "reports/palette.h"

/* The script has a hash, so that a page which allows no others still lets it run. */
static const char SCRIPT_HASH[] = "sha256-CXad6kScyol8MQBJONMJ35ZNBkgbrkOrhxTgOyDLef0=";

static int put_file(struct buf *out, const char *file, struct err *err)
{
    char path[4200], piece[8192];
    size_t n;
    FILE *f;

    if (!places_report(file, path, sizeof(path)))
        return err_set(
            err, ERR_IO,
            "%s of the report is not installed; `make install` puts it where the "
            "program looks",
            file);
    f = fopen(path, "re");
    if (!f)
        return err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
    while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
        buf_add(out, piece, n);
    fclose(f);
    return 0;
}

static int put_head(struct buf *out, const struct book *b, struct err *err)
{
    buf_str(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    buf_printf(out,
               "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
               "style-src 'unsafe-inline'; script-src '%s'\">\n",
               SCRIPT_HASH);
    buf_str(out,
            "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
            "<meta name=\"color-scheme\" content=\"light dark\">\n<title>");
    for (size_t i = 0; i < b->n_runs; i++)
        html_printf(out, "%s%s", i ? ", " : "", b->runs[i].run->name);
    buf_str(out, " · tokdyno</title>\n<style>\n:root{");
    palette_put_variables(out, false);
    buf_str(out, "}\n@media screen and (prefers-color-scheme: dark){:root{");
    palette_put_variables(out, true);
    buf_char(out, '}');
    palette_put_dark(out);
    buf_str(out, "}\n");
    if (put_file(out, "page/style.css", err))
        return -1;
    buf_str(out, "</style>\n</head>\n<body>\n");
    return 0;
}

static void put_foot(struct buf *out, const struct book *b)
{
    buf_str(out, "<footer>\n");
    for (size_t i = 0; i < b->n_runs; i++) {
        const struct run *r = b->runs[i].run;

        buf_str(out, "<p>");
        html_printf(out,
                    "Run %s · scenario %s · seed %llu · %s, %s, %d cores, kernel %s · "
                    "tokdyno %s",
                    r->id, r->digest, (unsigned long long)r->seed, r->host.name,
                    r->host.cpu, r->host.cores, r->host.kernel, r->host.tool);
        buf_str(out, "</p>\n");
    }
    buf_str(out,
            "<p>Intervals are of 95 % confidence. A percentile is printed where the "
            "sample can bear it; – tells how many values it needs. Times count from when "
            "a request was due, not from when it was sent.</p>\n</footer>\n");
}

int report_html(struct buf *out, const struct book *b, struct err *err)
{
    if (put_head(out, b, err))
        return -1;
    html_headline(out, b);
    buf_str(out, "<main>\n");
    html_warnings(out, b);
    html_tiles(out, b);
    html_choice(out, b);
    html_objectives(out, b);
    html_details(out, b);
    html_limits(out, b);
    html_instrument(out, b);
    html_text(out, b);
    buf_str(out, "</main>\n");
    put_foot(out, b);
    buf_str(out, "<script>");
    if (put_file(out, "page/sort.js", err))
        return -1;
    buf_str(out, "</script>\n</body>\n</html>\n");
    return 0;
}
