/* The load engine: one epoll loop that sends a schedule of messages and reads what thousands of sockets get.
 *
 * It takes over sockets that are connected, upgraded and joined already (loadtest/dialect.py), so it knows frames
 * (RFC 6455) and numbers, and no server's protocol. A message carries a number of ten digits behind a '#'; the
 * engine notes when each was due, counts who got it, and takes the time from the moment it was due: a sender that
 * comes late is not forgiven. In C, because a load generator has to cost less than what it measures: about half a
 * microsecond a message where a Python client takes five. Built and called by loadtest/engine.py.
 */
#define _GNU_SOURCE
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
#define READ_BYTES (1 << 20)
#define SEEN 4096 /* compressed payloads remembered, a power of two */
/* A histogram of nanoseconds: 64 steps an octave from 2^10 ns, so 1.1 % apart, up to 2^40 ns (18 minutes). */
#define STEPS 64
#define FIRST_OCTAVE 10
#define OCTAVES 30
#define BUCKETS (STEPS * OCTAVES + 1)

enum { UNSENT = 0, SENT = 1, ACKNOWLEDGED = 2, REFUSED = 3 };

/* What became of a compressed payload: its number, or -1. Called once for each that differs. */
typedef int64_t (*number_of_t)(const uint8_t *payload, int64_t size, int32_t binary);

typedef struct {
    int32_t fd;
    int32_t room;
    uint64_t received; /* messages of this run */
    uint64_t order;    /* a hash of their numbers in the order they came */
    uint8_t *rest;     /* the beginning of a frame whose end is still to come */
    uint32_t rest_size;
    uint8_t *frame; /* what this one sends, with holes for the number */
    uint32_t frame_size;
    uint32_t offsets[OFFSETS_MAX];
    uint32_t offset_count;
    uint8_t *unsent;
    uint32_t unsent_size;
    int32_t closed; /* 0, or the close code, or 1 where the socket ended without one */
} conn_t;

typedef struct {
    uint64_t hash;
    int64_t size;
    int64_t number;
} seen_t;

typedef struct {
    /* Read by loadtest/engine.py: the order of these fields is its Structure's. */
    uint64_t deliveries, strays, frames, bytes_in, bytes_out, reads, acknowledged, refused, closed;
    uint64_t cpu_ns, took_ns, last_delivery_ns, sent;
    uint64_t latency[BUCKETS], acks[BUCKETS];
    char first_error[512];
    /* The engine's own from here. */
    int32_t conn_count;
    conn_t *conns;
    int epoll;
    uint8_t *buffer;
    char reply_prefix[64], error_prefix[64], ping[16], pong[32];
    uint32_t reply_size, error_size, ping_size, pong_size;
    number_of_t number_of;
    seen_t *seen;
    int64_t first_number, message_count;
    int64_t *due_ns, *last_ns;
    uint32_t *received;
    uint8_t *status;
} engine_t;

static int64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static uint64_t thread_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void note(uint64_t *histogram, int64_t ns) {
    if (ns < (1 << FIRST_OCTAVE)) ns = 1 << FIRST_OCTAVE;
    int octave = 63 - __builtin_clzll((uint64_t)ns);
    int step = (int)((ns - ((int64_t)1 << octave)) >> (octave - 6));
    int bucket = (octave - FIRST_OCTAVE) * STEPS + step;
    histogram[bucket < BUCKETS ? bucket : BUCKETS - 1]++;
}

static int64_t digits(const uint8_t *text, int64_t size) {
    int64_t number = 0;
    if (size < NUMBER_DIGITS) return -1;
    for (int i = 0; i < NUMBER_DIGITS; i++) {
        if (text[i] < '0' || text[i] > '9') return -1;
        number = number * 10 + (text[i] - '0');
    }
    return number;
}

engine_t *engine_new(int32_t conn_count, const int32_t *fds, const int32_t *rooms) {
    engine_t *e = calloc(1, sizeof(engine_t));
    e->conn_count = conn_count;
    e->conns = calloc((size_t)conn_count, sizeof(conn_t));
    e->buffer = malloc(READ_BYTES);
    e->seen = calloc(SEEN, sizeof(seen_t));
    e->epoll = epoll_create1(EPOLL_CLOEXEC);
    for (int32_t i = 0; i < conn_count; i++) {
        e->conns[i].fd = fds[i];
        e->conns[i].room = rooms[i];
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)i};
        if (epoll_ctl(e->epoll, EPOLL_CTL_ADD, fds[i], &event)) return NULL;
    }
    return e;
}

void engine_free(engine_t *e) {
    for (int32_t i = 0; i < e->conn_count; i++) {
        free(e->conns[i].rest);
        free(e->conns[i].frame);
        free(e->conns[i].unsent);
    }
    free(e->due_ns), free(e->last_ns), free(e->received), free(e->status);
    free(e->conns), free(e->buffer), free(e->seen);
    close(e->epoll);
    free(e);
}

void engine_sender(engine_t *e, int32_t at, const uint8_t *frame, uint32_t size, const uint32_t *offsets, uint32_t n) {
    conn_t *c = &e->conns[at];
    free(c->frame);
    c->frame = malloc(size);
    memcpy(c->frame, frame, size);
    c->frame_size = size;
    c->offset_count = n > OFFSETS_MAX ? OFFSETS_MAX : n;
    memcpy(c->offsets, offsets, c->offset_count * sizeof(uint32_t));
}

static uint32_t keep(char *into, uint32_t room, const char *from, uint32_t size) {
    size = size < room ? size : room;
    memcpy(into, from, size);
    return size;
}

/* reply, error: how the answers to a message begin, up to the number (reply) or as far as all are alike (error).
 * ping, pong: a text that asks for life, and the frame that answers it. */
void engine_speaks(engine_t *e, const char *reply, uint32_t reply_size, const char *error, uint32_t error_size,
                   const char *ping, uint32_t ping_size, const char *pong, uint32_t pong_size, number_of_t number_of) {
    e->reply_size = keep(e->reply_prefix, sizeof e->reply_prefix, reply, reply_size);
    e->error_size = keep(e->error_prefix, sizeof e->error_prefix, error, error_size);
    e->ping_size = keep(e->ping, sizeof e->ping, ping, ping_size);
    e->pong_size = keep(e->pong, sizeof e->pong, pong, pong_size);
    e->number_of = number_of;
}

/* --- sending ----------------------------------------------------------------------------------- */

static void ended(engine_t *e, conn_t *c, int32_t code) {
    if (c->closed) return;
    c->closed = code ? code : 1;
    e->closed++;
    epoll_ctl(e->epoll, EPOLL_CTL_DEL, c->fd, NULL);
}

static void watch(engine_t *e, conn_t *c, uint32_t events) {
    struct epoll_event event = {.events = events, .data.u32 = (uint32_t)(c - e->conns)};
    epoll_ctl(e->epoll, EPOLL_CTL_MOD, c->fd, &event);
}

static void put(engine_t *e, conn_t *c, const uint8_t *data, uint32_t size) {
    ssize_t n = 0;
    if (c->closed) return;
    if (!c->unsent_size) {
        n = send(c->fd, data, size, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno != EAGAIN && errno != EINTR) return ended(e, c, 0);
        if (n < 0) n = 0;
    }
    e->bytes_out += size;
    if ((uint32_t)n == size) return;
    c->unsent = realloc(c->unsent, c->unsent_size + size - (uint32_t)n);
    memcpy(c->unsent + c->unsent_size, data + n, size - (uint32_t)n);
    if (!c->unsent_size) watch(e, c, EPOLLIN | EPOLLOUT);
    c->unsent_size += size - (uint32_t)n;
}

static void put_rest(engine_t *e, conn_t *c) {
    ssize_t n = send(c->fd, c->unsent, c->unsent_size, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0) {
        if (errno != EAGAIN && errno != EINTR) ended(e, c, 0);
        return;
    }
    c->unsent_size -= (uint32_t)n;
    memmove(c->unsent, c->unsent + n, c->unsent_size);
    if (!c->unsent_size) watch(e, c, EPOLLIN);
}

static void send_number(engine_t *e, conn_t *c, int64_t number) {
    for (uint32_t i = 0; i < c->offset_count; i++) {
        int64_t left = number;
        for (int at = NUMBER_DIGITS - 1; at >= 0; at--, left /= 10) c->frame[c->offsets[i] + at] = '0' + left % 10;
    }
    put(e, c, c->frame, c->frame_size);
}

/* --- receiving --------------------------------------------------------------------------------- */

static int64_t compressed(engine_t *e, const uint8_t *payload, int64_t size, int32_t binary) {
    uint64_t hash = 1469598103934665603u; /* FNV-1a, eight bytes at a time */
    for (int64_t i = 0; i + 8 <= size; i += 8) {
        uint64_t word;
        memcpy(&word, payload + i, 8);
        hash = (hash ^ word) * 1099511628211u;
        hash ^= hash >> 29;
    }
    for (int64_t i = size & ~(int64_t)7; i < size; i++) hash = (hash ^ payload[i]) * 1099511628211u;
    seen_t *seen = &e->seen[hash & (SEEN - 1)];
    if (seen->hash != hash || seen->size != size) {
        seen->number = e->number_of ? e->number_of(payload, size, binary) : -1;
        seen->hash = hash;
        seen->size = size;
    }
    return seen->number;
}

static void delivered(engine_t *e, conn_t *c, int64_t number, int64_t now) {
    int64_t at = number - e->first_number;
    if (at < 0 || at >= e->message_count || e->status[at] == UNSENT) {
        e->strays++;
        return;
    }
    e->deliveries++;
    e->received[at]++;
    e->last_ns[at] = now;
    e->last_delivery_ns = (uint64_t)now;
    c->received++;
    c->order = c->order * 6364136223846793005u + (uint64_t)number;
    note(e->latency, now - e->due_ns[at]);
}

static void answered(engine_t *e, const uint8_t *payload, int64_t size, int64_t now) {
    int64_t at = digits(payload + e->reply_size, size - e->reply_size) - e->first_number;
    if (at < 0 || at >= e->message_count || e->status[at] != SENT) return;
    e->status[at] = ACKNOWLEDGED;
    e->acknowledged++;
    note(e->acks, now - e->due_ns[at]);
}

static void refused(engine_t *e, const uint8_t *payload, int64_t size) {
    if (!e->refused++) memcpy(e->first_error, payload, (size_t)(size < 511 ? size : 511));
    const uint8_t *id = memmem(payload, (size_t)size, "\"id\":", 5);
    int64_t at = id ? digits(id + 5, size - (id + 5 - payload)) - e->first_number : -1;
    if (at >= 0 && at < e->message_count) e->status[at] = REFUSED;
}

static void message(engine_t *e, conn_t *c, const uint8_t *payload, int64_t size, int first, int64_t now) {
    if (first & 0x40) { /* RSV1: compressed (RFC 7692) */
        int64_t number = compressed(e, payload, size, (first & 0x0f) == 2);
        if (number >= 0) delivered(e, c, number, now);
        return;
    }
    if (e->reply_size && size > e->reply_size && !memcmp(payload, e->reply_prefix, e->reply_size))
        return answered(e, payload, size, now);
    if (e->error_size && size > e->error_size && !memcmp(payload, e->error_prefix, e->error_size))
        return refused(e, payload, size);
    if (e->ping_size && size == e->ping_size && !memcmp(payload, e->ping, e->ping_size))
        return put(e, c, (const uint8_t *)e->pong, e->pong_size);
    const uint8_t *mark = memchr(payload, '#', (size_t)size);
    int64_t number = mark ? digits(mark + 1, size - (mark + 1 - payload)) : -1;
    if (number >= 0) delivered(e, c, number, now);
}

static void control(engine_t *e, conn_t *c, const uint8_t *payload, int64_t size, int opcode) {
    if (opcode == 9 && size < 126) {
        uint8_t pong[6 + 125] = {0x8a, (uint8_t)(0x80 | size), 0, 0, 0, 0};
        memcpy(pong + 6, payload, (size_t)size);
        put(e, c, pong, 6 + (uint32_t)size);
    } else if (opcode == 8) {
        ended(e, c, size >= 2 ? payload[0] << 8 | payload[1] : 1);
    }
}

/* Give how many bytes of `data` were whole frames. */
static int64_t frames(engine_t *e, conn_t *c, const uint8_t *data, int64_t size, int64_t now) {
    int64_t at = 0;
    while (size - at >= 2) {
        int64_t head = 2, length = data[at + 1] & 0x7f;
        if (length == 126) {
            if (size - at < 4) break;
            length = data[at + 2] << 8 | data[at + 3];
            head = 4;
        } else if (length == 127) {
            if (size - at < 10) break;
            length = 0;
            for (int i = 2; i < 10; i++) length = length << 8 | data[at + i];
            head = 10;
        }
        if (size - at < head + length) break;
        int first = data[at], opcode = first & 0x0f;
        e->frames++;
        if (opcode >= 8)
            control(e, c, data + at + head, length, opcode);
        else
            message(e, c, data + at + head, length, first, now);
        at += head + length;
    }
    return at;
}

static void readable(engine_t *e, conn_t *c) {
    uint32_t kept = c->rest_size;
    memcpy(e->buffer, c->rest, kept);
    ssize_t n = recv(c->fd, e->buffer + kept, READ_BYTES - kept, MSG_DONTWAIT);
    if (n <= 0) {
        if (n == 0 || (errno != EAGAIN && errno != EINTR)) ended(e, c, 0);
        return;
    }
    e->reads++;
    e->bytes_in += (uint64_t)n;
    int64_t size = kept + n, done = frames(e, c, e->buffer, size, now_ns());
    if (size - done > kept) c->rest = realloc(c->rest, (size_t)(size - done));
    memcpy(c->rest, e->buffer + done, (size_t)(size - done));
    c->rest_size = (uint32_t)(size - done);
}

/* --- a run ------------------------------------------------------------------------------------- */

static void begin(engine_t *e, int64_t first_number, int64_t count) {
    memset(e, 0, offsetof(engine_t, conn_count));
    for (int32_t i = 0; i < e->conn_count; i++) {
        e->conns[i].received = e->conns[i].order = 0;
        e->closed += e->conns[i].closed != 0;
    }
    free(e->due_ns), free(e->last_ns), free(e->received), free(e->status);
    e->due_ns = calloc((size_t)count + 1, sizeof(int64_t));
    e->last_ns = calloc((size_t)count + 1, sizeof(int64_t));
    e->received = calloc((size_t)count + 1, sizeof(uint32_t));
    e->status = calloc((size_t)count + 1, 1);
    e->first_number = first_number;
    e->message_count = count;
}

/* A reader that sleeps until the next byte is woken by every single write, at the writer's cost: an interrupt from
 * processor to processor, 5 us in a virtual machine, for what a network card would do elsewhere. So after each look
 * this one sleeps for REST_NS, whatever comes; it adds half of that to a latency, and it does so for every server. */
static void turn(engine_t *e, int64_t wait_ns) {
    struct epoll_event events[EVENTS];
    struct timespec rest = {.tv_nsec = wait_ns < REST_NS ? wait_ns : REST_NS};
    nanosleep(&rest, NULL);
    wait_ns -= rest.tv_nsec;
    struct timespec wait = {.tv_sec = wait_ns / 1000000000, .tv_nsec = wait_ns % 1000000000};
    int n = epoll_pwait2(e->epoll, events, EVENTS, &wait, NULL);
    for (int i = 0; i < n; i++) {
        conn_t *c = &e->conns[events[i].data.u32];
        if (c->closed) continue;
        if (events[i].events & EPOLLOUT) put_rest(e, c);
        if (!c->closed && events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) readable(e, c);
    }
}

/* Send message i at `at_ns[i]` (from now, ascending) on connection `by[i]`, with number first_number + i. Then read
 * on until `expected` deliveries and `acks` answers came, for `grace_ns` at most; or until *stop. */
void engine_run(engine_t *e, int64_t first_number, int64_t count, const int64_t *at_ns, const int32_t *by,
                int64_t length_ns, int64_t grace_ns, uint64_t expected, uint64_t acks, volatile int32_t *stop) {
    begin(e, first_number, count);
    uint64_t cpu = thread_ns();
    int64_t start = now_ns(), next = 0;
    for (;;) {
        int64_t now = now_ns();
        while (next < count && start + at_ns[next] <= now) {
            e->due_ns[next] = start + at_ns[next];
            e->status[next] = SENT;
            e->sent++;
            send_number(e, &e->conns[by[next]], first_number + next);
            next++;
        }
        int64_t left = start + length_ns - now;
        if (next < count) {
            int64_t due = start + at_ns[next] - now_ns();
            turn(e, due < 0 ? 0 : due);
        } else if (left > 0) {
            turn(e, left < 100000000 ? left : 100000000);
        } else if (left < -grace_ns || (e->deliveries >= expected && e->acknowledged + e->refused >= acks)) {
            break;
        } else {
            turn(e, 10000000);
        }
        if (*stop) break;
    }
    e->took_ns = (uint64_t)(now_ns() - start);
    e->cpu_ns = thread_ns() - cpu;
    e->last_delivery_ns = e->last_delivery_ns ? e->last_delivery_ns - (uint64_t)start : 0;
}

/* --- what is read afterwards -------------------------------------------------------------------- */

uint32_t *engine_received(engine_t *e) { return e->received; }
uint8_t *engine_status(engine_t *e) { return e->status; }

/* The time from when message i was due until its last reader had it, in ns; 0 where nobody had. */
void engine_last(engine_t *e, int64_t *into) {
    for (int64_t i = 0; i < e->message_count; i++) into[i] = e->last_ns[i] ? e->last_ns[i] - e->due_ns[i] : 0;
}

void engine_conn(engine_t *e, int32_t at, uint64_t *received, uint64_t *order, int32_t *closed) {
    *received = e->conns[at].received;
    *order = e->conns[at].order;
    *closed = e->conns[at].closed;
}
