#include "supervisor.h"

#include <string.h>

static const char hexadecimal[] = "0123456789abcdef";

/// Bytes of the UTF-8 character at `text`, at most 4; 0 where there is none (Unicode 15, table 3-7).
static size_t character(const unsigned char *text, size_t count) {
    unsigned char lead = text[0], low = 0x80, high = 0xbf;
    size_t length = lead >= 0xc2 && lead <= 0xdf ? 2 : lead >= 0xe0 && lead <= 0xef ? 3 : lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
    if (length == 0 || length > count) return 0;
    if (lead == 0xe0) low = 0xa0;
    if (lead == 0xed) high = 0x9f;
    if (lead == 0xf0) low = 0x90;
    if (lead == 0xf4) high = 0x8f;
    if (text[1] < low || text[1] > high) return 0;
    for (size_t i = 2; i < length; i++) {
        if (text[i] < 0x80 || text[i] > 0xbf) return 0;
    }
    return length;
}

static char *put(char *to, const char *text) {
    size_t count = strlen(text);
    memcpy(to, text, count);
    return to + count;
}

/// U+2028 and U+2029 end a line in JavaScript, so Docker writes them by number.
static bool is_separator(const unsigned char *text, size_t length) {
    return length == 3 && text[0] == 0xe2 && text[1] == 0x80 && (text[2] == 0xa8 || text[2] == 0xa9);
}

static char *put_ascii(char *to, unsigned char byte) {
    switch (byte) {
    case '"':
    case '\\':
        *to++ = '\\';
        *to++ = (char)byte;
        return to;
    case '\n': return put(to, "\\n");
    case '\r': return put(to, "\\r");
    }
    if (byte >= 0x20 && byte != '<' && byte != '>' && byte != '&') {
        *to++ = (char)byte;
        return to;
    }
    to = put(to, "\\u00");
    *to++ = hexadecimal[byte >> 4];
    *to++ = hexadecimal[byte & 15];
    return to;
}

static char *put_text(char *to, const char *text, size_t count) {
    const unsigned char *bytes = (const unsigned char *)text;
    for (size_t i = 0; i < count;) {
        if (bytes[i] < 0x80) {
            to = put_ascii(to, bytes[i++]);
            continue;
        }
        size_t length = character(bytes + i, count - i);
        if (length == 0) to = put(to, "\\ufffd");
        else if (is_separator(bytes + i, length)) to = put(to, bytes[i + 2] == 0xa8 ? "\\u2028" : "\\u2029");
        else {
            memcpy(to, bytes + i, length);
            to += length;
        }
        i += length == 0 ? 1 : length;
    }
    return to;
}

/// RFC 3339 in UTC, the fraction without the zeros at its end.
static char *put_time(char *to, const struct timespec *time) {
    struct tm parts;
    gmtime_r(&time->tv_sec, &parts);
    to += strftime(to, 32, "%Y-%m-%dT%H:%M:%S", &parts);
    if (time->tv_nsec != 0) {
        to += sprintf(to, ".%09ld", time->tv_nsec);
        while (to[-1] == '0') to--;
    }
    return put(to, "Z");
}

size_t entry_encode(
    char *to, const char *text, size_t count, bool ends_line, enum stream stream, const struct timespec *time) {
    char *end = put(to, "{\"log\":\"");
    end = put_text(end, text, count);
    if (ends_line) end = put(end, "\\n");
    end = put(end, stream == STREAM_OUTPUT ? "\",\"stream\":\"stdout\",\"time\":\"" : "\",\"stream\":\"stderr\",\"time\":\"");
    end = put_time(end, time);
    end = put(end, "\"}\n");
    return (size_t)(end - to);
}
