#ifndef CTEXTWIDTH_H
#define CTEXTWIDTH_H

#include <stdint.h>

/// Returns the number of columns that a character takes in a UTF-8 terminal, whatever the locale of the process is: 0 for a
/// combining character, -1 for a character that cannot be printed.
int CTextWidth_of(uint32_t scalar);

#endif
