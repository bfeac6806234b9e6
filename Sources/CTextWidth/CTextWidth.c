#define _GNU_SOURCE
#include "CTextWidth.h"

#include <locale.h>
#include <pthread.h>
#include <wchar.h>

static locale_t unicode;
static pthread_once_t unicode_once = PTHREAD_ONCE_INIT;

static void make_unicode(void) {
    unicode = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
}

int CTextWidth_of(uint32_t scalar) {
    if (scalar >= 0x20 && scalar < 0x7f)
        return 1;
    pthread_once(&unicode_once, make_unicode);
    if (!unicode)
        return -1;
    // wcwidth answers for the thread's locale, and -1 for everything in the C locale.
    locale_t before = uselocale(unicode);
    int width = wcwidth((wchar_t)scalar);
    uselocale(before);
    return width;
}
