#define _GNU_SOURCE
#include "CNcurses.h"

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <term.h>
#include <unistd.h>
#include <wchar.h>

// MARK: Text

static const char *requested_locale(void) {
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = getenv(names[i]);
        if (value && *value)
            return value;
    }
    return "";
}

bool CNcurses_locale_is_utf8(void) {
    if (!setlocale(LC_CTYPE, "")) {
        // The locale is not installed here (a common state of containers), but its name tells the encoding.
        const char *encoding = strchr(requested_locale(), '.');
        if (encoding && (!strncasecmp(encoding, ".utf-8", 6) || !strncasecmp(encoding, ".utf8", 5)))
            setlocale(LC_CTYPE, "C.UTF-8");
    }
    return !strcmp(nl_langinfo(CODESET), "UTF-8");
}

// MARK: The terminal

static SCREEN *screen;
static WINDOW *keyboard;
static FILE *input_file, *output_file;

int CNcurses_probe(const char *type, int output) {
    int problem = 0;
    if (setupterm(type, output, &problem) != OK)
        return -1;
    const char *address = tigetstr("cup");
    int usable = address && address != (char *)-1 && *address;
    del_curterm(cur_term);
    return usable ? 0 : -1;
}

static FILE *reopened(int descriptor, const char *mode) {
    int copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 3);
    if (copy < 0)
        return NULL;
    FILE *file = fdopen(copy, mode);
    if (!file)
        close(copy);
    return file;
}

static void close_files(void) {
    if (input_file)
        fclose(input_file);
    if (output_file)
        fclose(output_file);
    input_file = output_file = NULL;
}

int CNcurses_open(const char *type, int input, int output) {
    // Files of our own: the standard ones may be pointed elsewhere while the screen is open.
    input_file = reopened(input, "r");
    output_file = reopened(output, "w");
    if (!input_file || !output_file || !(screen = newterm(type, output_file, input_file))) {
        close_files();
        return -1;
    }
    set_term(screen);
    set_escdelay(25);
    cbreak();
    noecho();
    nonl();
    idlok(stdscr, TRUE);
    leaveok(stdscr, FALSE);
    // Keys are read through a pad: reading through a window would also refresh it.
    keyboard = newpad(1, 1);
    keypad(keyboard, TRUE);
    nodelay(keyboard, TRUE);
    return 0;
}

void CNcurses_close(void) {
    if (!screen)
        return;
    curs_set(1);
    endwin();
    delwin(keyboard);
    delscreen(screen);
    screen = NULL;
    keyboard = NULL;
    close_files();
}

void CNcurses_suspend(void) {
    curs_set(1);
    endwin();
}

void CNcurses_resume(void) {
    reset_prog_mode();
    clearok(curscr, TRUE);
    wrefresh(stdscr);
    // endwin has left the keypad's mode, and curses would enter it again with the next key only.
    keypad(keyboard, TRUE);
}

int CNcurses_rows(void) { return getmaxy(stdscr); }
int CNcurses_columns(void) { return getmaxx(stdscr); }

void CNcurses_terminal_size(int descriptor, int *height, int *width) {
    struct winsize size;
    if (ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0) {
        *height = size.ws_row;
        *width = size.ws_col;
    }
}

void CNcurses_follow_size(void) {
    int height = 0, width = 0;
    CNcurses_terminal_size(fileno(output_file), &height, &width);
    if (height > 0)
        resizeterm(height, width);
}

int CNcurses_start_colours(void) {
    if (!has_colors() || start_color() != OK)
        return 0;
    use_default_colors();
    return COLORS;
}

void CNcurses_put(int row, int column, const uint32_t *text, int count, attr_t attributes, short pair) {
    _Static_assert(sizeof(wchar_t) == sizeof(uint32_t), "wide characters are Unicode scalars");
    wattr_set(stdscr, attributes, pair, NULL);
    mvwaddnwstr(stdscr, row, column, (const wchar_t *)text, count);
}

void CNcurses_clear_row(int row, int column) {
    wattr_set(stdscr, A_NORMAL, 0, NULL);
    if (wmove(stdscr, row, column) == OK)
        wclrtoeol(stdscr);
}

void CNcurses_update(int cursor_row, int cursor_column) {
    // A hidden cursor is parked, so that its travels cost no bytes.
    curs_set(cursor_row >= 0 ? 1 : 0);
    wmove(stdscr, cursor_row >= 0 ? cursor_row : 0, cursor_row >= 0 ? cursor_column : 0);
    wrefresh(stdscr);
}

int CNcurses_read(uint32_t *code) {
    wint_t value = 0;
    int result = wget_wch(keyboard, &value);
    *code = (uint32_t)value;
    return result;
}

void CNcurses_mouse_start(void) {
    // No waiting for a second press: what a double click is, is decided where time is known.
    mouseinterval(0);
    mousemask(BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED, NULL);
}

enum CNcurses_mouse_event CNcurses_mouse(int *row, int *column) {
    MEVENT event;
    if (getmouse(&event) != OK)
        return CNcurses_mouse_nothing;
    *row = event.y;
    *column = event.x;
    if (event.bstate & BUTTON4_PRESSED)
        return CNcurses_mouse_wheel_up;
    if (event.bstate & BUTTON5_PRESSED)
        return CNcurses_mouse_wheel_down;
    return event.bstate & BUTTON1_PRESSED ? CNcurses_mouse_press : CNcurses_mouse_nothing;
}

void CNcurses_send(const char *bytes, size_t count) {
    fflush(output_file);
    while (count > 0) {
        ssize_t written = write(fileno(output_file), bytes, count);
        if (written <= 0)
            return;
        bytes += written;
        count -= (size_t)written;
    }
}

int CNcurses_pipe(int descriptors[2]) { return pipe2(descriptors, O_CLOEXEC | O_NONBLOCK); }
