/* What the engine holds: connections, the messages of a run, and the figures that loadtest/engine.py reads. */
#ifndef LOADTEST_STATE_H
#define LOADTEST_STATE_H

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define NUMBER_DIGITS 10
#define OFFSETS_MAX 4
#define EVENTS 1024
#define REST_NS 500000
#define READ_BYTES (1 << 20) /* one read, and the longest frame that is looked at as a whole */
#define LOOK_BYTES (1 << 16) /* what is looked at of a longer one */
#define SEEN 4096            /* compressed payloads remembered, a power of two */
/* A histogram of nanoseconds: 64 steps an octave from 2^10 ns, each at most 1.6 % wide, up to 2^40 ns (18 minutes). */
#define STEPS 64
#define FIRST_OCTAVE 10
#define OCTAVES 30
#define BUCKETS (STEPS * OCTAVES + 1)

/* What it closes a connection with in its own books: nothing is said to the server. */
#define PROTOCOL_ERROR 1002
#define TOO_BIG 1009

enum { UNSENT = 0, SENT = 1, ACKNOWLEDGED = 2, REFUSED = 3 };

/* What became of a compressed payload: its number, or -1. Called once for each that differs. */
typedef int64_t (*number_of_t)(const uint8_t *payload, int64_t size, int32_t binary);

/* Bytes that grow. */
typedef struct {
    uint8_t *data;
    size_t size, room;
} bytes_t;

typedef struct {
    int32_t fd;
    int32_t closed;              /* 0, or the close code, or 1 where the socket ended without one */
    int32_t mute;                /* sending failed: what the server still said is read, and nothing sent any more */
    int32_t room, room_size;     /* its room, and how many connections that has */
    int32_t member;              /* its place among them */
    uint64_t received;           /* messages of this run */
    uint64_t order;              /* a hash of their numbers in the order they came */
    bytes_t rest;                /* the beginning of a frame whose end is still to come */
    bytes_t parts;               /* the parts of a message that comes in several frames */
    uint8_t parts_first;         /* the first byte of the first of them; 0 where there is none */
    bytes_t look;                /* the beginning of a frame that is longer than READ_BYTES */
    uint8_t look_first;          /* its first byte */
    uint64_t skip;               /* how much of it is still to come */
    uint8_t *frame;              /* what this one sends, with holes for the number */
    uint32_t frame_size;
    uint32_t offsets[OFFSETS_MAX];
    uint32_t offset_count;
    bytes_t unsent;
    int64_t stamp_ns, stamped_ns; /* when the data it has in hand was made, and when that came, by the clock; or 0 */
    uint64_t dated;              /* dated payloads of this run */
} conn_t;

typedef struct {
    int64_t due_ns, last_ns;     /* when it was due, and when its last reader had it */
    uint64_t first_bit;          /* where in `got` its readers stand, one bit each */
    uint32_t received, once;     /* deliveries, and readers who had it */
    int32_t by, room;
    int32_t status;
} message_t;

typedef struct {
    uint64_t hash;
    int64_t size;
    int64_t number;
} seen_t;

typedef struct {
    /* Read by loadtest/engine.py: the order of these fields is its Structure's. */
    uint64_t deliveries, strays, frames, bytes_in, bytes_out, reads, acknowledged, refused, closed;
    uint64_t cpu_ns, took_ns, last_delivery_ns, sent, misplaced, pongs;
    uint64_t latency[BUCKETS], acks[BUCKETS];
    uint64_t ages[BUCKETS];
    double held_us, held_area;   /* how long readers had data in hand, and the same times its age, in µs and µs² */
    char first_error[512];
    /* The engine's own from here. */
    int32_t conn_count;
    conn_t *conns;
    int epoll;
    int coarse;    /* the system waits for whole milliseconds only */
    int no_memory;
    uint8_t *buffer;
    char reply_prefix[64], error_prefix[64], ping[16], pong[32], stamp[32];
    uint32_t reply_size, error_size, ping_size, pong_size, stamp_size;
    number_of_t number_of;
    seen_t *seen;
    int64_t first_number, message_count;
    message_t *messages;
    uint64_t *got;
    uint64_t once, expected; /* of all messages */
    uint64_t declined;       /* messages that were refused by their number */
} engine_t;

static inline int64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* By the clock that all processes of a machine share: a server's stamps are read against it. */
static inline int64_t wall_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static inline uint64_t thread_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static inline void note(uint64_t *histogram, int64_t ns) {
    if (ns < (1 << FIRST_OCTAVE)) ns = 1 << FIRST_OCTAVE;
    int octave = 63 - __builtin_clzll((uint64_t)ns);
    int step = (int)((ns - ((int64_t)1 << octave)) >> (octave - 6));
    int bucket = (octave - FIRST_OCTAVE) * STEPS + step;
    histogram[bucket < BUCKETS ? bucket : BUCKETS - 1]++;
}

/* Where memory ends the connection is given up, and the run says so. */
static inline void ended(engine_t *e, conn_t *c, int32_t code) {
    if (c->closed) return;
    c->closed = code ? code : 1;
    e->closed++;
    epoll_ctl(e->epoll, EPOLL_CTL_DEL, c->fd, NULL);
}

/* Grows by doubling, so that in the long run nothing is allocated. Gives 0 where there is no memory. */
static inline int append(engine_t *e, bytes_t *into, const uint8_t *data, size_t size) {
    if (!size) return 1;
    if (into->size + size > into->room) {
        size_t room = into->size + size > 2 * into->room ? into->size + size : 2 * into->room;
        uint8_t *grown = realloc(into->data, room);
        if (!grown) {
            e->no_memory = 1;
            return 0;
        }
        into->data = grown;
        into->room = room;
    }
    memcpy(into->data + into->size, data, size);
    into->size += size;
    return 1;
}

#endif
