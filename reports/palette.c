#include "reports/palette.h"

const struct colour palette[] = {
    { "paper", "#fefefe", "#14181f" },  { "ink", "#1f2328", "#e6e9ee" },
    { "dim", "#5c646d", "#9aa4b0" },    { "grid", "#e2e5e9", "#2b323c" },
    { "blue", "#0072b2", "#4aa8e0" },   { "orange", "#e69f00", "#f2b134" },
    { "green", "#009e73", "#2cc295" },  { "red", "#d55e00", "#ff8242" },
    { "purple", "#cc79a7", "#e09cc3" }, { "sky", "#56b4e9", "#86ccf4" },
    { "yellow", "#e6d800", "#f0e442" }, { "grey", "#8b949e", "#79828d" },
    { "heat1", "#deebf7", "#16283c" },  { "heat2", "#c1d9ed", "#183a5a" },
    { "heat3", "#98c4e1", "#1b4f7c" },  { "heat4", "#68a9d3", "#2368a2" },
    { "heat5", "#3c8bc3", "#3886c6" },  { "heat6", "#1a6bad", "#60a7df" },
    { "heat7", "#0c4c8a", "#98ccf0" },  { "heat8", "#062e5a", "#e2f2ff" },
};

const size_t n_palette = sizeof(palette) / sizeof(palette[0]);

void palette_put_gnuplot(struct buf *out)
{
    for (size_t i = 0; i < n_palette; i++)
        buf_printf(out, "%s = '%s'\n", palette[i].name, palette[i].light);
}

void palette_put_variables(struct buf *out, bool dark)
{
    for (size_t i = 0; i < n_palette; i++)
        buf_printf(out, "--%s:%s;", palette[i].name,
                   dark ? palette[i].dark : palette[i].light);
}

void palette_put_dark(struct buf *out)
{
    static const char *const properties[] = { "fill", "stroke", "color" };

    for (size_t i = 0; i < n_palette; i++)
        for (size_t p = 0; p < sizeof(properties) / sizeof(properties[0]); p++)
            buf_printf(out, "svg [%s=\"%s\"]{%s:%s}", properties[p], palette[i].light,
                       properties[p], palette[i].dark);
}
