/* libmacaroons: narrows the tokens of its input (see clients.py). */

#include <macaroons.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char* name(enum macaroon_returncode code) {
    switch (code) {
    case MACAROON_OUT_OF_MEMORY: return "MACAROON_OUT_OF_MEMORY";
    case MACAROON_HASH_FAILED: return "MACAROON_HASH_FAILED";
    case MACAROON_INVALID: return "MACAROON_INVALID";
    case MACAROON_TOO_MANY_CAVEATS: return "MACAROON_TOO_MANY_CAVEATS";
    case MACAROON_CYCLE: return "MACAROON_CYCLE";
    case MACAROON_BUF_TOO_SMALL: return "MACAROON_BUF_TOO_SMALL";
    case MACAROON_NOT_AUTHORIZED: return "MACAROON_NOT_AUTHORIZED";
    case MACAROON_NO_JSON_SUPPORT: return "MACAROON_NO_JSON_SUPPORT";
    default: return "another error";
    }
}

static void narrow(const char* token, const char* caveat) {
    enum macaroon_returncode error;
    struct macaroon* read = macaroon_deserialize(token, &error);
    if (!read) {
        printf("reading\t!%s\n", name(error));
        return;
    }
    struct macaroon* narrowed =
        macaroon_add_first_party_caveat(read, (const unsigned char*)caveat, strlen(caveat), &error);
    size_t size = macaroon_serialize_size_hint(narrowed);
    char* text = malloc(size);
    if (macaroon_serialize(narrowed, text, size, &error) == 0)
        printf("macaroon_serialize()\t%s\n", text);
    else
        printf("macaroon_serialize()\t!%s\n", name(error));
    free(text);
    size = macaroon_serialize_json_size_hint(narrowed);
    text = malloc(size);
    if (macaroon_serialize_json(narrowed, text, size, &error) == 0)
        printf("macaroon_serialize_json()\t%s\n", text);
    else
        printf("macaroon_serialize_json()\t!%s\n", name(error));
    free(text);
    macaroon_destroy(narrowed);
    macaroon_destroy(read);
}

int main(void) {
    char line[16384];
    while (fgets(line, sizeof line, stdin)) {
        char* token = strchr(line, '\t');
        *token++ = '\0';
        token[strcspn(token, "\n")] = '\0';
        narrow(token, line);
        putchar('\n');
    }
    return 0;
}
