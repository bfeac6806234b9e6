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

int CNcurses_colours(const char *type, int output) {
    int problem = 0;
    if (setupterm(type, output, &problem) != OK)
        return 0;
    int colours = tigetnum("colors");
    del_curterm(cur_term);
    return colours > 0 ? colours : 0;
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

// MARK: Reports

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

const char *CNcurses_key_sequence(const char *capability) {
    const char *text = tigetstr((char *)capability);
    return text == (char *)-1 ? NULL : text;
}

// No capability names these modes. Only terminals with the sequences of ECMA-48 get them.
#define MOUSE_OFF "\033[?1000l\033[?1006l"
static const char mouse_reports_off[] = MOUSE_OFF, reports_off[] = MOUSE_OFF "\033[?2004l";
static bool has_reports, has_mouse_reports;

static void reports_on(void) {
    if (has_reports)
        CNcurses_send("\033[?2004h", 8);
    if (has_mouse_reports)
        CNcurses_send("\033[?1000h\033[?1006h", 16);
}

void CNcurses_reports_start(bool mouse) {
    const char *address = CNcurses_key_sequence("cup");
    has_reports = address && !strncmp(address, "\033[", 2);
    has_mouse_reports = has_reports && mouse && CNcurses_key_sequence("kmous");
    reports_on();
}

void CNcurses_reports_mouse(bool mouse) {
    bool wanted = has_reports && mouse && CNcurses_key_sequence("kmous");
    if (has_mouse_reports && !wanted)
        CNcurses_send(mouse_reports_off, sizeof mouse_reports_off - 1);
    has_mouse_reports = wanted;
    reports_on();
}

static void reports_stop(void) {
    if (has_reports)
        CNcurses_send(reports_off, sizeof reports_off - 1);
}

// MARK: The screen

int CNcurses_open(const char *type, int input, int output) {
    // Files of our own: the standard ones may be pointed elsewhere while the screen is open.
    input_file = reopened(input, "r");
    output_file = reopened(output, "w");
    if (!input_file || !output_file || !(screen = newterm(type, output_file, input_file))) {
        close_files();
        return -1;
    }
    set_term(screen);
    cbreak();
    noecho();
    nonl();
    idlok(stdscr, TRUE);
    // Curses reads no keys, but switches the terminal's keypad on.
    keyboard = newpad(1, 1);
    keypad(keyboard, TRUE);
    typeahead(-1);
    return 0;
}

void CNcurses_close(void) {
    if (!screen)
        return;
    reports_stop();
    curs_set(1);
    endwin();
    delwin(keyboard);
    delscreen(screen);
    screen = NULL;
    keyboard = NULL;
    close_files();
}

void CNcurses_suspend(void) {
    reports_stop();
    curs_set(1);
    endwin();
}

void CNcurses_resume(void) {
    reset_prog_mode();
    clearok(curscr, TRUE);
    wrefresh(stdscr);
    // endwin has left the keypad's mode, and curses would enter it again with the next key only.
    keypad(keyboard, TRUE);
    reports_on();
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

void CNcurses_set_background(short pair) { wbkgdset(stdscr, (chtype)' ' | COLOR_PAIR(pair)); }

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
    // A hidden cursor stays where the update leaves it, so that its travels cost no bytes.
    bool is_hidden = cursor_row < 0;
    curs_set(is_hidden ? 0 : 1);
    leaveok(stdscr, is_hidden);
    if (!is_hidden)
        wmove(stdscr, cursor_row, cursor_column);
    wrefresh(stdscr);
}

int CNcurses_pipe(int descriptors[2]) { return pipe2(descriptors, O_CLOEXEC | O_NONBLOCK); }
