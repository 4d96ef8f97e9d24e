#include "cmd/explain.h"

#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"

static void help(void)
{
    puts("usage: tokdyno explain [KEY...] [--markdown | --schema | --metrics]\n\n"
         "Documentation of scenario keys, metrics, rates, outcomes and warnings, from the "
         "tables that\nthe program itself uses. Without a name: all of them in short.\n\n"
         "  --markdown   the keys as a page (docs/scenario.md)\n"
         "  --schema     a JSON Schema of scenarios, for editors\n"
         "  --metrics    metrics, rates and outcomes as a page, with what other tools call "
         "them\n               (docs/metrics.md)\n\n"
         "examples:\n"
         "  tokdyno explain\n"
         "  tokdyno explain load.steady.rate\n"
         "  tokdyno explain limits\n"
         "  tokdyno explain ttft error_rate rate_limited\n"
         "  tokdyno explain warnings");
}

static int explain_names(struct buf *out, int argc, char **argv, struct err *err)
{
    for (int i = 1; i < argc; i++) {
        if (argv[i][0] == '-')
            return err_set(err, ERR_USAGE,
                           "no option %s; expected --markdown, --schema, --metrics or "
                           "names",
                           argv[i]);
        if (i > 1)
            buf_char(out, '\n');
        if (explain_name(out, argv[i], err))
            return -1;
    }
    return 0;
}

static int fill(struct buf *out, int argc, char **argv, struct err *err)
{
    if (argc == 2 && !strcmp(argv[1], "--markdown"))
        explain_markdown(out);
    else if (argc == 2 && !strcmp(argv[1], "--schema"))
        explain_schema(out);
    else if (argc == 2 && !strcmp(argv[1], "--metrics"))
        explain_metrics(out);
    else if (argc == 1)
        explain_all(out);
    else
        return explain_names(out, argc, argv, err);
    return 0;
}

int cmd_explain(int argc, char **argv, struct err *err)
{
    struct buf out;
    int rc;

    if (argc == 2 && (!strcmp(argv[1], "-h") || !strcmp(argv[1], "--help"))) {
        help();
        return EXIT_GOOD;
    }
    buf_init(&out, 0);
    rc = fill(&out, argc, argv, err);
    if (!rc && (fwrite(out.p, 1, out.len, stdout) != out.len || fflush(stdout)))
        rc = err_set(err, ERR_IO, "cannot write the answer");
    buf_free(&out);
    return rc ? -1 : EXIT_GOOD;
}
