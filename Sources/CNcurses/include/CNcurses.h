#ifndef CNCURSES_H
#define CNCURSES_H

// Wide-character curses. The macro has to stand before the header is read.
#define NCURSES_WIDECHAR 1
#include <curses.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// What curses defines as macros that Swift cannot import.
static const attr_t CNcurses_normal = A_NORMAL;
static const attr_t CNcurses_bold = A_BOLD;
static const attr_t CNcurses_dim = A_DIM;
static const attr_t CNcurses_reverse = A_REVERSE;
static const attr_t CNcurses_underline = A_UNDERLINE;
static const int32_t CNcurses_f0 = KEY_F0;

// MARK: Text

/// Sets LC_CTYPE, and nothing else, from the environment. True if the terminal's encoding is UTF-8.
bool CNcurses_locale_is_utf8(void);

// MARK: The terminal. One thread at a time, between a successful open and close.

/// 0 if the terminal type is known and can address its cursor, -1 if not. Touches nothing.
int CNcurses_probe(const char *type, int output);

/// The number of colours of a terminal type; 0 for none, and for an unknown type. Touches nothing.
int CNcurses_colours(const char *type, int output);

/// Opens the screen on two descriptors, which stay the caller's. 0, or -1.
int CNcurses_open(const char *type, int input, int output);

/// Gives the terminal back as it was before CNcurses_open.
void CNcurses_close(void);

/// Gives the terminal back for a while; CNcurses_resume repaints everything.
void CNcurses_suspend(void);
void CNcurses_resume(void);

int CNcurses_rows(void);
int CNcurses_columns(void);

/// The size of a terminal, curses or not; left as it is where it is not known.
void CNcurses_terminal_size(int descriptor, int *rows, int *columns);

/// Asks the terminal for its size and lets curses follow it.
void CNcurses_follow_size(void);

/// The number of colours; 0 on a monochrome terminal. Also readies the default colours.
int CNcurses_start_colours(void);

/// Gives the cells without text, and text of pair 0, the colours of a pair; 0 for those of the terminal.
void CNcurses_set_background(short pair);

/// Writes text at a place. Text that does not fit is cut by curses.
void CNcurses_put(int row, int column, const uint32_t *text, int count, attr_t attributes, short pair);

/// Clears from a place to the end of its row.
void CNcurses_clear_row(int row, int column);

/// Places the cursor, or hides it for a negative row, and sends to the terminal what has changed.
void CNcurses_update(int cursor_row, int cursor_column);

/// The sequence that a key sends by the terminal's description, such as "kcuu1"; NULL if it has none.
const char *CNcurses_key_sequence(const char *capability);

/// Lets the terminal mark pasted text and, with `mouse`, report its mouse, until the terminal is given back; a resumed
/// terminal goes on. Selecting text with the mouse needs Shift then.
void CNcurses_reports_start(bool mouse);

/// Begins or ends the reports of the mouse, after CNcurses_reports_start.
void CNcurses_reports_mouse(bool mouse);

/// Sends bytes to the terminal past curses: nothing that moves the cursor or changes a cell.
void CNcurses_send(const char *bytes, size_t count);

// MARK: Signals

/// Catches the signals that concern a full screen (resize, stop, continue, the polite ends) and returns a descriptor from
/// which one byte is read for each, its number; -1 with errno. Call before CNcurses_open, so that curses leaves them alone.
int CNcurses_signals_start(void);
void CNcurses_signals_stop(void);

/// Stops the process as ^Z would have, and returns once it goes on.
void CNcurses_stop_process(void);

/// From now on a crash gives the terminal back and says on `report` what happened, before the signal does its work.
/// Also a second SIGTERM or SIGHUP that nobody took up does. Remembers the terminal's modes of now.
/// `type` is the terminal's type; NULL takes that of the environment.
void CNcurses_guard_start(const char *type, int input, int output, int report);
void CNcurses_guard_stop(void);

// MARK: System calls that Swift's Glibc does not offer

/// A pipe that neither blocks nor is inherited; -1 with errno.
int CNcurses_pipe(int descriptors[2]);

#endif
