// What watches one container that runs on its own (docs/containers.md). A process of fixed size: nothing is allocated,
// and nothing but the kernel is waited for.
#ifndef SUPERVISOR_H
#define SUPERVISOR_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>
#include <time.h>

/// The descriptors that this process is executed with. Those from INPUT on may be missing.
enum {
    /// The file of varve itself, so that it is this one that records the end, whatever has its name by then.
    VARVE = 3,
    /// The container's directory.
    DIRECTORY,
    /// `running`, locked.
    RUNNING,
    /// pidfd of the container's first process.
    PROCESS,
    /// The writing end of its standard input, or the outer side of its terminal.
    INPUT,
    /// The reading end of its standard output, or the outer side of its terminal.
    OUTPUT,
    ERRORS,
    /// The inner side of its terminal: kept open so that the outer one works while no process of the container has it open.
    TERMINAL,
    /// A client that is there from the first byte on.
    CLIENT,
    FIRST_FREE,
};

/// Bytes moved at once: also where a line that is too long for one log entry is cut, as Docker has it.
enum { PORTION = 16384 };

enum stream { STREAM_OUTPUT, STREAM_ERRORS, STREAM_COUNT };

struct options {
    const char *root, *id;
    /// The number of this run of the container, which `running` tells its end under.
    uint64_t run;
    bool has_terminal;
    /// Whether the input ends when the first client that gives any does.
    bool ends_input;
    bool has_log;
    /// In bytes; 0 for no bound.
    uint64_t log_size;
    /// How many log files there are at most; at least 1.
    int log_files;
    int stop_signal;
    /// Milliseconds between the stop signal and KILL where this process is asked to end; -1 for no KILL.
    int64_t stop_timeout;
    /// Milliseconds between health checks; 0 for none.
    int64_t check_interval;
    /// What the client CLIENT wants (enum wish).
    uint8_t wishes;
};

extern struct options options;

/// Milliseconds on a clock that only goes forward, also while the machine sleeps.
int64_t now(void);

// descriptors.c: what this process was given.

/// Finds out which of the descriptors are there. The others' numbers are taken, so that nothing else gets them, and what
/// follows CLIENT is closed.
void descriptors_open(void);
bool is_open(int descriptor);
/// Closes one, and keeps its number from being used again.
void descriptor_close(int descriptor);

// log.c: the log file.

void log_open(void);
/// Takes what the container has written to a stream.
void log_write(enum stream stream, const char *bytes, size_t count);
/// Writes what is left of a line without an end.
void log_finish(enum stream stream);

// entry.c: one log entry.

enum { ENTRY_MAXIMUM = PORTION * 6 + 128 };

/// Docker's json-file form of one piece of a line; `to` has room for ENTRY_MAXIMUM bytes.
/// - Returns: how many bytes it takes.
size_t entry_encode(char *to, const char *text, size_t count, bool ends_line, enum stream stream, const struct timespec *time);

// clients.c: whoever is attached.

/// What a client wants; the second byte of its first message.
enum wish { WISH_OUTPUT = 1, WISH_ERRORS = 2, WISH_INPUT = 4 };

/// The first byte of each message, the rest being its content (docs/containers.md, "Attaching").
enum message {
    MESSAGE_HELLO = 'H',
    MESSAGE_INPUT = 'I',
    MESSAGE_END_INPUT = 'C',
    MESSAGE_TAKEN = 'A',
    MESSAGE_RESIZE = 'R',
    MESSAGE_SIGNAL = 'K',
    MESSAGE_OUTPUT = 'O',
    MESSAGE_ERRORS = 'E',
    MESSAGE_EXIT = 'X',
    MESSAGE_REFUSED = 'F',
};

/// The most clients at a time; one more is told so.
enum { CLIENT_MAXIMUM = 32 };

void clients_open(void);
/// Adds what to wait for; gives how many requests that is, at most CLIENT_MAXIMUM + 1. Of clients that were found to have
/// no room, that is room.
size_t clients_requests(struct pollfd *requests);
/// Does what the answered requests allow.
void clients_serve(const struct pollfd *requests, size_t count);
/// Whether each client that wants the stream can take a portion of it.
bool clients_have_room(enum stream stream);
void clients_show(enum stream stream, const char *bytes, size_t count);
/// Tells all of the container's end, and takes no more of them.
void clients_finish(int code);
/// The next client whose input can be taken: its text and length; null where there is none.
const char *clients_input(size_t *count);
/// What ``clients_input`` gave was taken: `count` bytes of it.
void clients_input_taken(size_t count);
/// Whether the input is to end, all of it having been taken.
bool clients_input_ended(void);

// input.c: the container's standard input or terminal.

short input_events(void);
void input_serve(short events);
void input_resize(uint16_t rows, uint16_t columns);

// signals.c: what this process is told, and what it tells the container.

/// Blocks the signals that this process goes by, and gives a descriptor that is readable when one has come.
int signals_open(void);
/// The next signal that has come; 0 for none.
int signals_next(int descriptor);
/// Sends the container's first process a signal.
void process_signal(int number);

// end.c: what comes after the container.

/// Tells clients and `running` of the container's end, and becomes the varve that records it.
/// - Parameter is_stopping: whether this process was asked to end, so that nothing is started again.
_Noreturn void end_record(bool is_stopping);
/// Becomes `varve --root ROOT supervise VERB ID …`.
/// - Parameter details: a null ends them; at most 4.
_Noreturn void become_varve(const char *verb, const char *const *details);

// streams.c: what the container writes.

/// Sets what to wait for, of STREAM_COUNT streams.
void streams_requests(struct pollfd *requests);
void streams_serve(const struct pollfd *requests);
/// Takes what the ended container has left.
void streams_drain(void);

// drain.c: the terminal of a command that was left alone.

/// Reads what is written to it until the command ends, and ends then.
_Noreturn void drain(void);

// check.c: health checks.

void check_open(void);
/// Milliseconds until there is something to do; -1 for never.
int64_t check_wait(void);
void check_serve(void);
/// A child has ended.
void check_reap(void);
void check_close(void);

#endif
