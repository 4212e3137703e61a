#define _GNU_SOURCE
#include "supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int file = -1;
/// Bytes in the file, all of them whole entries.
static uint64_t size;
/// Entries that are not yet in the file.
static char pending[2 * ENTRY_MAXIMUM];
static size_t pending_count;

/// A line of a stream as far as it has come.
static struct line {
    char text[PORTION];
    size_t count;
    /// When the first piece of it came, which all of its entries tell.
    struct timespec time;
    bool is_continued;
} lines[STREAM_COUNT];

/// - Parameter flags: O_TRUNC to begin anew.
static void open_file(int flags) {
    file = openat(DIRECTORY, "log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | flags, 0640);
    struct stat status;
    size = file >= 0 && fstat(file, &status) == 0 ? (uint64_t)status.st_size : 0;
}

void log_open(void) {
    if (options.has_log) open_file(0);
}

/// What does not reach the disk is lost, as in Docker: the container must not wait for room. What did reach it of an
/// entry is taken back, so that the next one begins a line.
static void flush(void) {
    size_t written = 0;
    // There was no room for a new file; perhaps there is by now.
    if (file < 0 && options.has_log && pending_count > 0) open_file(0);
    while (file >= 0 && written < pending_count) {
        ssize_t count = write(file, pending + written, pending_count - written);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) break;
        written += (size_t)count;
    }
    if (file >= 0 && written < pending_count) {
        const char *last = memrchr(pending, '\n', written);
        size_t whole = last ? (size_t)(last - pending) + 1 : 0;
        if (ftruncate(file, (off_t)(size + whole)) == 0) written = whole;
    }
    size += written;
    pending_count = 0;
}

/// The names that the files have when there is one more: `log` becomes `log.1`, and that `log.2`.
static void rotate(void) {
    char old[16], new[16];
    flush();
    if (file >= 0) close(file);
    for (int number = options.log_files - 1; number > 0; number--) {
        snprintf(new, sizeof new, "log.%d", number);
        if (number == 1) strcpy(old, "log");
        else snprintf(old, sizeof old, "log.%d", number - 1);
        // One that is not there yet has no name to change.
        (void)renameat(DIRECTORY, old, DIRECTORY, new);
    }
    open_file(O_TRUNC);
}

static void add(enum stream stream, bool ends_line) {
    struct line *line = &lines[stream];
    // As Docker: a file that has reached its size takes no more, so that the last entry may be beyond it.
    if (options.log_size > 0 && size + pending_count >= options.log_size) rotate();
    if (sizeof pending - pending_count < ENTRY_MAXIMUM) flush();
    pending_count += entry_encode(pending + pending_count, line->text, line->count, ends_line, stream, &line->time);
    line->count = 0;
    line->is_continued = !ends_line;
}

void log_write(enum stream stream, const char *bytes, size_t count) {
    if (!options.has_log) return;
    struct line *line = &lines[stream];
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    while (count > 0) {
        if (line->count == 0 && !line->is_continued) line->time = time;
        const char *end = memchr(bytes, '\n', count);
        size_t part = end ? (size_t)(end - bytes) : count;
        if (part > PORTION - line->count) part = PORTION - line->count;
        memcpy(line->text + line->count, bytes, part);
        line->count += part;
        bytes += part;
        count -= part;
        if (count > 0 && *bytes == '\n' && line->count < PORTION) {
            add(stream, true);
            bytes++;
            count--;
        } else if (line->count == PORTION) {
            add(stream, false);
        }
    }
    flush();
}

void log_finish(enum stream stream) {
    if (lines[stream].count > 0) add(stream, false);
    flush();
}
