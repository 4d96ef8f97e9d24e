#ifndef SIM_SAMPLE_H
#define SIM_SAMPLE_H

#include <jansson.h>

/*
 * A value that fits a JSON schema, the smallest that shows all its properties: what the
 * simulated model puts into tool arguments and structured answers. NULL schema: {}.
 * The caller owns the compact JSON text.
 */
char *sample_of_schema(const json_t *schema);

#endif
