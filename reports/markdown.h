#ifndef REPORTS_MARKDOWN_H
#define REPORTS_MARKDOWN_H

#include "reports/drawing.h"

/* Headline, warnings and tables of a book as GitHub's Markdown; no text of others is markup
 * in it. */
void report_markdown(struct buf *out, const struct book *b);

/* Text of others: what is markup there is escaped, and it stays on its line. */
void markdown_text(struct buf *out, const char *text);

#endif
