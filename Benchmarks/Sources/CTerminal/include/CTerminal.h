#ifndef CTERMINAL_H
#define CTERMINAL_H

/// Makes a terminal of a size, and its name as it is to be opened by a program. The descriptor of its other end; -1 if there is none.
int CTerminal_open(char name[64], unsigned short rows, unsigned short columns);

#endif
