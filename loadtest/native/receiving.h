/* Receiving: frames out of bytes (RFC 6455, 5), messages out of frames, and what each message means. */
#ifndef LOADTEST_RECEIVING_H
#define LOADTEST_RECEIVING_H

#include "ages.h"
#include "sending.h"
#include "state.h"

static int64_t digits(const uint8_t *text, int64_t size) {
    int64_t number = 0;
    if (size < NUMBER_DIGITS) return -1;
    for (int i = 0; i < NUMBER_DIGITS; i++) {
        if (text[i] < '0' || text[i] > '9') return -1;
        number = number * 10 + (text[i] - '0');
    }
    return number;
}

/* The first number behind a '#', or -1. */
static int64_t number_in(const uint8_t *text, int64_t size) {
    const uint8_t *end = text + size, *mark;
    while ((mark = memchr(text, '#', (size_t)(end - text)))) {
        int64_t number = digits(mark + 1, end - mark - 1);
        if (number >= 0) return number;
        text = mark + 1;
    }
    return -1;
}

static int64_t number_in_compressed(engine_t *e, const uint8_t *payload, int64_t size, int32_t binary) {
    uint64_t hash = 1469598103934665603u; /* FNV-1a, eight bytes at a time */
    for (int64_t i = 0; i + 8 <= size; i += 8) {
        uint64_t word;
        memcpy(&word, payload + i, 8);
        hash = (hash ^ word) * 1099511628211u;
        hash ^= hash >> 29;
    }
    for (int64_t i = size & ~(int64_t)7; i < size; i++) hash = (hash ^ payload[i]) * 1099511628211u;
    /* The place is in the low bits, and multiplying carries nothing down to them. */
    hash ^= hash >> 32;
    hash *= 0x9e3779b97f4a7c15u;
    hash ^= hash >> 32;
    seen_t *seen = &e->seen[hash & (SEEN - 1)];
    if (seen->hash != hash || seen->size != size) {
        seen->number = e->number_of ? e->number_of(payload, size, binary) : -1;
        seen->hash = hash;
        seen->size = size;
    }
    return seen->number;
}

/* The message of this run with this number, sent already, or NULL. */
static message_t *sent_message(engine_t *e, int64_t number) {
    int64_t at = number - e->first_number;
    if (number < 0 || at < 0 || at >= e->message_count || e->messages[at].status == UNSENT) return NULL;
    return &e->messages[at];
}

static void delivered(engine_t *e, conn_t *c, int64_t number, int64_t now) {
    if (number < 0) return;
    message_t *m = sent_message(e, number);
    if (!m) {
        e->strays++;
        return;
    }
    if (m->room != c->room) {
        e->misplaced++;
        return;
    }
    uint64_t bit = m->first_bit + (uint64_t)c->member, mask = (uint64_t)1 << (bit & 63);
    if (!(e->got[bit >> 6] & mask)) {
        e->got[bit >> 6] |= mask;
        /* Refused, and there all the same: then for everybody. */
        if (!m->once++ && m->status == REFUSED) e->expected += (uint64_t)c->room_size;
        e->once++;
    }
    e->deliveries++;
    m->received++;
    m->last_ns = now;
    e->last_delivery_ns = (uint64_t)now;
    c->received++;
    c->order = c->order * 6364136223846793005u + (uint64_t)number;
    note(e->latency, now - m->due_ns);
}

static void answered(engine_t *e, conn_t *c, const uint8_t *payload, int64_t size, int64_t now) {
    message_t *m = sent_message(e, digits(payload + e->reply_size, size - e->reply_size));
    if (!m || m->status != SENT || m->by != c - e->conns) return;
    m->status = ACKNOWLEDGED;
    e->acknowledged++;
    note(e->acks, now - m->due_ns);
}

static void refused(engine_t *e, conn_t *c, const uint8_t *payload, int64_t size) {
    if (!e->refused++) memcpy(e->first_error, payload, (size_t)(size < 511 ? size : 511));
    const uint8_t *id = memmem(payload, (size_t)size, "\"id\":", 5);
    message_t *m = id ? sent_message(e, digits(id + 5, size - (id + 5 - payload))) : NULL;
    if (!m || m->status != SENT || m->by != c - e->conns) return;
    m->status = REFUSED;
    e->declined++;
    if (!m->once) e->expected -= (uint64_t)c->room_size;
}

static int begins(const uint8_t *payload, int64_t size, const char *prefix, uint32_t prefix_size) {
    return prefix_size && size >= prefix_size && !memcmp(payload, prefix, prefix_size);
}

static void message(engine_t *e, conn_t *c, const uint8_t *payload, int64_t size, int first, int64_t now) {
    if (first & 0x40) /* RSV1: compressed (RFC 7692) */
        return delivered(e, c, number_in_compressed(e, payload, size, (first & 0x0f) == 2), now);
    if (begins(payload, size, e->reply_prefix, e->reply_size)) return answered(e, c, payload, size, now);
    if (begins(payload, size, e->error_prefix, e->error_size)) return refused(e, c, payload, size);
    if (size == e->ping_size && begins(payload, size, e->ping, e->ping_size))
        return e->pongs++, put(e, c, (const uint8_t *)e->pong, e->pong_size);
    if (!dated(e, c, payload, size)) delivered(e, c, number_in(payload, size), now);
}

/* A message in several frames (5.4). Of one beyond READ_BYTES the beginning counts. */
static void part(engine_t *e, conn_t *c, const uint8_t *payload, int64_t size, int first, int64_t now) {
    if (!(first & 0x0f) != !!c->parts_first) return ended(e, c, PROTOCOL_ERROR);
    if (!c->parts_first) c->parts_first = (uint8_t)(first | 0x80);
    size_t left = READ_BYTES - c->parts.size;
    if ((size_t)size > left && c->parts_first & 0x40) return ended(e, c, TOO_BIG);
    if (!append(e, &c->parts, payload, (size_t)size < left ? (size_t)size : left)) return ended(e, c, 0);
    if (!(first & 0x80)) return;
    if (c->parts.size) message(e, c, c->parts.data, (int64_t)c->parts.size, c->parts_first, now);
    c->parts.size = 0;
    c->parts_first = 0;
}

static void data(engine_t *e, conn_t *c, const uint8_t *payload, int64_t size, int first, int64_t now) {
    if (__builtin_expect(!(first & 0x80) || !(first & 0x0f) || c->parts_first, 0))
        part(e, c, payload, size, first, now);
    else
        message(e, c, payload, size, first, now);
}

static void control(engine_t *e, conn_t *c, const uint8_t *payload, int64_t size, int first) {
    if (size > 125 || !(first & 0x80)) return ended(e, c, PROTOCOL_ERROR);
    if ((first & 0x0f) == 9) {
        uint8_t pong[6 + 125] = {0x8a, (uint8_t)(0x80 | size), 0, 0, 0, 0};
        memcpy(pong + 6, payload, (size_t)size);
        e->pongs++;
        put(e, c, pong, 6 + (size_t)size);
    } else if ((first & 0x0f) == 8) {
        ended(e, c, size >= 2 ? payload[0] << 8 | payload[1] : 1);
    }
}

/* Of a frame beyond READ_BYTES the beginning counts, once its end has come. From the beginning of what is compressed
 * nothing can be unpacked. */
static void long_frame(engine_t *e, conn_t *c, const uint8_t *payload, int first, uint64_t length) {
    if ((first & 0x0f) >= 8) return ended(e, c, PROTOCOL_ERROR);
    if ((first | c->parts_first) & 0x40) return ended(e, c, TOO_BIG);
    if (!append(e, &c->look, payload, LOOK_BYTES)) return ended(e, c, 0);
    e->frames++;
    c->look_first = (uint8_t)first;
    c->skip = length;
}

/* Pass over what belongs to a frame that is too long; with its last byte it has come. Gives how much of `size` did. */
static int64_t skipped(engine_t *e, conn_t *c, int64_t size, int64_t now) {
    uint64_t n = c->skip < (uint64_t)size ? c->skip : (uint64_t)size;
    c->skip -= n;
    if (c->skip) return (int64_t)n;
    data(e, c, c->look.data, (int64_t)c->look.size, c->look_first, now);
    c->look.size = 0;
    return (int64_t)n;
}

/* Give how many bytes of `bytes` are done with; behind them stands the beginning of a frame. */
static int64_t frames(engine_t *e, conn_t *c, const uint8_t *bytes, int64_t size, int64_t now) {
    int64_t at = 0;
    for (;;) {
        if (__builtin_expect(c->skip != 0, 0)) at += skipped(e, c, size - at, now);
        if (c->closed) return size;
        if (size - at < 2) return at;
        int first = bytes[at];
        uint64_t length = bytes[at + 1];
        int64_t head = 2, left = size - at;
        if (length == 126) {
            if (left < 4) return at;
            length = (uint64_t)(bytes[at + 2] << 8 | bytes[at + 3]);
            head = 4;
        } else if (length == 127) {
            if (left < 10) return at;
            length = 0;
            for (int i = 2; i < 10; i++) length = length << 8 | bytes[at + i];
            head = 10;
        }
        /* A server masks nothing (5.1), and the highest bit of a length is 0 (5.2). */
        if (bytes[at + 1] & 0x80 || length >> 63) {
            ended(e, c, PROTOCOL_ERROR);
            return size;
        }
        if (__builtin_expect(length > READ_BYTES - 10, 0)) {
            if (left - head < LOOK_BYTES) return at;
            long_frame(e, c, bytes + at + head, first, length);
            at += head;
            continue;
        }
        if ((uint64_t)(left - head) < length) return at;
        e->frames++;
        if ((first & 0x0f) >= 8)
            control(e, c, bytes + at + head, (int64_t)length, first);
        else
            data(e, c, bytes + at + head, (int64_t)length, first, now);
        at += head + (int64_t)length;
    }
}

static void readable(engine_t *e, conn_t *c) {
    size_t kept = c->rest.size;
    if (kept) memcpy(e->buffer, c->rest.data, kept);
    /* Never full: what is kept is shorter than a frame that fits, or than LOOK_BYTES and a head. */
    ssize_t n = recv(c->fd, e->buffer + kept, READ_BYTES - kept, MSG_DONTWAIT);
    if (n <= 0) {
        if (n == 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)) ended(e, c, 0);
        return;
    }
    e->reads++;
    e->bytes_in += (uint64_t)n;
    int64_t size = (int64_t)kept + n, done = frames(e, c, e->buffer, size, now_ns());
    c->rest.size = 0;
    if (done < size && !append(e, &c->rest, e->buffer + done, (size_t)(size - done))) ended(e, c, 0);
}

#endif
