#ifndef CNCURSES_H
#define CNCURSES_H

// Wide-character curses. The macro has to stand before the header is read.
#define NCURSES_WIDECHAR 1
#include <curses.h>

/// The number of columns a character takes, -1 if it cannot be printed. Valid after setlocale(LC_ALL, "").
int CNcurses_width(wchar_t character);

#endif
