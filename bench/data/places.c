#include "data/places.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The Makefile says where: PREFIX and SOURCE_TREE. */

const char *places_catalogue(void)
{
    static const char installed[] = PREFIX "/share/tokdyno/catalogue/groq.yaml";

    return access(installed, R_OK) ? SOURCE_TREE "/scenarios/catalogue/groq.yaml"
                                   : installed;
}

bool places_scenario(const char *name, char *path, size_t size)
{
    static const char *const folders[] = { PREFIX "/share/tokdyno/scenarios",
                                           SOURCE_TREE "/scenarios" };
    static const char *const endings[] = { "", ".yaml" };
    const char *slash = strrchr(name, '/');
    const char *last = slash ? slash + 1 : name;

    for (size_t i = 0; *last && i < 4; i++) {
        int n = snprintf(path, size, "%s/%s%s", folders[i / 2], last, endings[i % 2]);
        const char *dot = strrchr(path, '.');

        if (n > 0 && (size_t)n < size && dot && !strcmp(dot, ".yaml") &&
            !access(path, R_OK))
            return true;
    }
    return false;
}

bool places_report(const char *file, char *path, size_t size)
{
    static const char *const folders[] = { PREFIX "/share/tokdyno/reports",
                                           SOURCE_TREE "/reports" };

    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        int n = snprintf(path, size, "%s/%s", folders[i], file);

        if (n > 0 && (size_t)n < size && !access(path, R_OK))
            return true;
    }
    return false;
}
