#define _GNU_SOURCE
#include "CNcurses.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>

// MARK: Giving the terminal back from a signal handler: only what POSIX calls async-signal-safe

static volatile sig_atomic_t guarded;
static struct termios modes;
static int guard_input, guard_output, guard_report;
static char reset[256];
static size_t reset_length;

/// Appends a capability without its padding instructions ($<…>), which only tputs understands.
static void append_capability(const char *name) {
    const char *text = tigetstr(name);
    if (!text || text == (char *)-1)
        return;
    while (*text && reset_length < sizeof reset) {
        if (text[0] == '$' && text[1] == '<') {
            const char *end = strchr(text, '>');
            if (!end)
                return;
            text = end + 1;
        } else {
            reset[reset_length++] = *text++;
        }
    }
}

/// The modes of reports, which no capability names; terminals without them ignore them.
static void append_text(const char *text) {
    while (*text && reset_length < sizeof reset)
        reset[reset_length++] = *text++;
}

static void write_all(int descriptor, const char *text, size_t length) {
    while (length > 0) {
        ssize_t written = write(descriptor, text, length);
        if (written <= 0)
            return;
        text += written;
        length -= (size_t)written;
    }
}

/// Lets the terminal go on after ^S: a write to it would wait for ^Q. Only the pair of calls undoes a ^S. A process in
/// the background would be stopped by them.
static void release_output(void) {
    if (!guarded || tcgetpgrp(guard_output) != getpgrp())
        return;
    tcflow(guard_output, TCOOFF);
    tcflow(guard_output, TCOON);
}

static void give_back(void) {
    if (!guarded)
        return;
    release_output();
    guarded = 0;
    write_all(guard_output, reset, reset_length);
    tcsetattr(guard_input, TCSANOW, &modes);
    // What the former handlers say, such as a backtrace, is for the person at the terminal.
    dup2(guard_output, STDOUT_FILENO);
    dup2(guard_report, STDERR_FILENO);
}

// MARK: Crashes

static const int crashes[] = {SIGSEGV, SIGABRT, SIGILL, SIGBUS, SIGFPE, SIGTRAP, SIGQUIT};
enum { crash_count = sizeof crashes / sizeof *crashes };
static struct sigaction before_crash[crash_count];
static bool wants_backtrace;

static void crashed(int number) {
    give_back();
    static const char text[] = "regtop: ended by signal ";
    char digits[4] = {(char)('0' + number / 10), (char)('0' + number % 10), '\n', 0};
    write_all(guard_report, text, sizeof text - 1);
    write_all(guard_report, digits, 3);
    // Swift's handler asks questions at the terminal. It only runs for those who ask for it.
    struct sigaction action = {.sa_handler = SIG_DFL};
    sigemptyset(&action.sa_mask);
    for (int i = 0; i < crash_count; i++)
        if (crashes[i] == number)
            sigaction(number, wants_backtrace ? &before_crash[i] : &action, NULL);
    // Blocked while this handler runs; delivered, with the former disposition, when it returns.
    raise(number);
}

void CNcurses_guard_start(const char *type, int input, int output, int report) {
    guard_input = input;
    guard_output = output;
    guard_report = report;
    tcgetattr(input, &modes);
    reset_length = 0;
    int problem = 0;
    if (setupterm((char *)type, output, &problem) == OK) {
        append_capability("sgr0");
        append_capability("op");
        append_capability("rmkx");
        append_capability("cnorm");
        append_capability("rmcup");
        append_text("\033[?1000l\033[?1006l\033[?2004l");
        del_curterm(cur_term);
    }
    wants_backtrace = getenv("SWIFT_BACKTRACE") != NULL;
    guarded = 1;
    struct sigaction action = {.sa_handler = crashed, .sa_flags = SA_ONSTACK};
    sigfillset(&action.sa_mask);
    for (int i = 0; i < crash_count; i++)
        sigaction(crashes[i], &action, &before_crash[i]);
}

void CNcurses_guard_stop(void) {
    if (guarded)
        tcsetattr(guard_input, TCSANOW, &modes);
    guarded = 0;
    for (int i = 0; i < crash_count; i++)
        sigaction(crashes[i], &before_crash[i], NULL);
}

// MARK: Signals that the loop takes up

static const int caught[] = {SIGWINCH, SIGTSTP, SIGCONT, SIGTERM, SIGHUP, SIGINT};
enum { caught_count = sizeof caught / sizeof *caught };
static struct sigaction before_caught[caught_count];
static int signal_pipe[2] = {-1, -1};
static volatile sig_atomic_t polite;

static void noted(int number) {
    int saved = errno;
    if (number == SIGTERM || number == SIGHUP) {
        if (polite) {
            // The loop did not take the first one up: end here, with the terminal given back.
            give_back();
            _exit(128 + number);
        }
        polite = 1;
        release_output();
    }
    char byte = (char)number;
    ssize_t written = write(signal_pipe[1], &byte, 1);
    (void)written;
    errno = saved;
}

int CNcurses_signals_start(void) {
    if (CNcurses_pipe(signal_pipe) != 0)
        return -1;
    polite = 0;
    struct sigaction action = {.sa_handler = noted, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    for (int i = 0; i < caught_count; i++)
        sigaction(caught[i], &action, &before_caught[i]);
    return signal_pipe[0];
}

void CNcurses_signals_stop(void) {
    for (int i = 0; i < caught_count; i++)
        sigaction(caught[i], &before_caught[i], NULL);
    close(signal_pipe[0]);
    close(signal_pipe[1]);
    signal_pipe[0] = signal_pipe[1] = -1;
}

void CNcurses_stop_process(void) {
    struct sigaction action = {.sa_handler = SIG_DFL}, ours;
    sigemptyset(&action.sa_mask);
    sigaction(SIGTSTP, &action, &ours);
    // To this thread, so that it is delivered before the call returns; the rest of the job got its own from the terminal.
    // Threads of libdispatch have most signals blocked.
    sigset_t stop, mask;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTSTP);
    pthread_sigmask(SIG_UNBLOCK, &stop, &mask);
    raise(SIGTSTP);
    pthread_sigmask(SIG_SETMASK, &mask, NULL);
    sigaction(SIGTSTP, &ours, NULL);
}
