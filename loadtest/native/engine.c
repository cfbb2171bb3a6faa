/* The load engine: one epoll loop that sends a schedule of messages and reads what thousands of sockets get.
 *
 * It takes over sockets that are connected, upgraded and joined already (loadtest/dialect.py), so it knows frames
 * (RFC 6455) and numbers, and no server's protocol. A message carries a number of ten digits behind a '#'; the
 * engine notes when each was due, who got it and how often, and takes the time from the moment it was due: a sender
 * that comes late is not forgiven. In C, because a load generator has to cost less than what it measures: 0.2 µs a
 * delivery where one read brings many, 1 µs where each needs a read of its own; a Python client takes five. Built by
 * loadtest/library.py, called by loadtest/engine.py.
 *
 *     state.h      what it holds
 *     sending.h    frames out
 *     receiving.h  frames in, and what they mean
 *     ages.h       how old the data was that came
 *     engine.c     what Python calls, and the loop
 */
#define _GNU_SOURCE
#include <sys/syscall.h>

#include "receiving.h"
#include "sending.h"
#include "state.h"

#define TICK_NS 100000000 /* how long `stop` may go unheard */

void engine_free(engine_t *e) {
    for (int32_t i = 0; e->conns && i < e->conn_count; i++) {
        conn_t *c = &e->conns[i];
        free(c->rest.data), free(c->parts.data), free(c->look.data), free(c->unsent.data), free(c->frame);
    }
    free(e->messages), free(e->got);
    free(e->conns), free(e->buffer), free(e->seen);
    if (e->epoll >= 0) close(e->epoll);
    free(e);
}

/* members, sizes: the place of each connection in its room, and how many that room has. NULL where it cannot be. */
engine_t *engine_new(int32_t conn_count, const int32_t *fds, const int32_t *rooms, const int32_t *members,
                     const int32_t *sizes) {
    engine_t *e = calloc(1, sizeof(engine_t));
    if (!e) return NULL;
    e->conn_count = conn_count;
    e->conns = calloc((size_t)conn_count + 1, sizeof(conn_t));
    e->buffer = malloc(READ_BYTES);
    e->seen = calloc(SEEN, sizeof(seen_t));
    e->epoll = epoll_create1(EPOLL_CLOEXEC);
    int good = e->conns && e->buffer && e->seen && e->epoll >= 0;
    for (int32_t i = 0; good && i < conn_count; i++) {
        conn_t *c = &e->conns[i];
        c->fd = fds[i], c->room = rooms[i], c->member = members[i], c->room_size = sizes[i];
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)i};
        good = !epoll_ctl(e->epoll, EPOLL_CTL_ADD, fds[i], &event);
    }
    if (good) return e;
    engine_free(e);
    return NULL;
}

/* What connection `at` sends. Gives 0, or -1 where an offset leads out of the frame or memory ends. */
int32_t engine_sender(engine_t *e, int32_t at, const uint8_t *frame, uint32_t size, const uint32_t *offsets,
                      uint32_t n) {
    if (at < 0 || at >= e->conn_count || n > OFFSETS_MAX || !size) return -1;
    for (uint32_t i = 0; i < n; i++)
        if (size < NUMBER_DIGITS || offsets[i] > size - NUMBER_DIGITS) return -1;
    uint8_t *copy = malloc(size);
    if (!copy) return -1;
    memcpy(copy, frame, size);
    conn_t *c = &e->conns[at];
    free(c->frame);
    c->frame = copy;
    c->frame_size = size;
    c->offset_count = n;
    for (uint32_t i = 0; i < n; i++) c->offsets[i] = offsets[i];
    return 0;
}

static int keep(char *into, size_t room, uint32_t *kept, const char *from, uint32_t size) {
    if (size > room) return 0;
    if (size) memcpy(into, from, size);
    *kept = size;
    return 1;
}

/* reply, error: how the answers to a message begin, up to the number (reply) or as far as all are alike (error).
 * ping, pong: a text that asks for life, and the frame that answers it. stamp: what stands before the time at which
 * data was made. Gives -1 where one is too long. */
int32_t engine_speaks(engine_t *e, const char *reply, uint32_t reply_size, const char *error, uint32_t error_size,
                      const char *ping, uint32_t ping_size, const char *pong, uint32_t pong_size,
                      const char *stamp, uint32_t stamp_size, number_of_t number_of) {
    e->number_of = number_of;
    return keep(e->reply_prefix, sizeof e->reply_prefix, &e->reply_size, reply, reply_size) &&
                   keep(e->error_prefix, sizeof e->error_prefix, &e->error_size, error, error_size) &&
                   keep(e->ping, sizeof e->ping, &e->ping_size, ping, ping_size) &&
                   keep(e->pong, sizeof e->pong, &e->pong_size, pong, pong_size) &&
                   keep(e->stamp, sizeof e->stamp, &e->stamp_size, stamp, stamp_size)
               ? 0
               : -1;
}

/* --- a run ------------------------------------------------------------------------------------- */

static int begin(engine_t *e, int64_t first_number, int64_t count, const int32_t *by) {
    memset(e, 0, offsetof(engine_t, conn_count));
    for (int32_t i = 0; i < e->conn_count; i++) {
        e->conns[i].received = e->conns[i].order = e->conns[i].dated = 0;
        e->conns[i].stamp_ns = e->conns[i].stamped_ns = 0; /* what came before is of another run */
        e->closed += e->conns[i].closed != 0;
    }
    free(e->messages), free(e->got);
    e->message_count = 0;
    e->once = e->expected = e->declined = 0;
    e->messages = calloc((size_t)count + 1, sizeof(message_t));
    e->got = NULL;
    if (!e->messages) return -1;
    uint64_t bits = 0;
    for (int64_t i = 0; i < count; i++) {
        if (by[i] < 0 || by[i] >= e->conn_count || !e->conns[by[i]].frame) return -1;
        e->messages[i].by = by[i];
        e->messages[i].room = e->conns[by[i]].room;
        e->messages[i].first_bit = bits;
        bits += (uint64_t)e->conns[by[i]].room_size;
    }
    e->got = calloc(bits / 64 + 1, sizeof(uint64_t));
    if (!e->got) return -1;
    e->first_number = first_number;
    e->message_count = count;
    return 0;
}

static int wait_for(engine_t *e, struct epoll_event *events, int64_t ns) {
#ifdef SYS_epoll_pwait2
    if (!e->coarse) {
        struct {
            int64_t s, ns;
        } wait = {ns / 1000000000, ns % 1000000000};
        int n = (int)syscall(SYS_epoll_pwait2, e->epoll, events, EVENTS, &wait, NULL, 0);
        if (n >= 0 || errno == EINTR) return n;
        e->coarse = 1; /* Linux before 5.11, or a sandbox that does not know it */
    }
#endif
    /* Rounded down: the last part of a millisecond is spent asking, so that no message is late for it. */
    return epoll_wait(e->epoll, events, EVENTS, (int)(ns / 1000000));
}

/* A reader that sleeps until the next byte is woken by every single write, at the writer's cost: an interrupt from
 * processor to processor, 5 us in a virtual machine, for what a network card would do elsewhere. So before each look
 * this one sleeps for REST_NS, whatever comes; it adds half of that to a latency, and it does so for every server. */
static int64_t rest(int64_t wait_ns) {
    struct timespec t = {.tv_nsec = wait_ns < REST_NS ? wait_ns : REST_NS};
    nanosleep(&t, NULL);
    return wait_ns - t.tv_nsec;
}

/* Gives 0, or -1 where the system does not let it wait. */
static int turn(engine_t *e, int64_t wait_ns) {
    struct epoll_event events[EVENTS];
    wait_ns = wait_ns < 0 ? 0 : wait_ns < TICK_NS ? wait_ns : TICK_NS;
    int n = wait_for(e, events, rest(wait_ns));
    if (n < 0 && errno != EINTR) return -1;
    for (int i = 0; i < n; i++) {
        conn_t *c = &e->conns[events[i].data.u32];
        if (c->closed) continue;
        if (events[i].events & EPOLLOUT) put_rest(e, c);
        if (!c->closed && events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) readable(e, c);
    }
    return 0;
}

static void send_due(engine_t *e, int64_t at, int64_t due) {
    message_t *m = &e->messages[at];
    conn_t *c = &e->conns[m->by];
    m->due_ns = due;
    m->status = SENT;
    e->sent++;
    e->expected += (uint64_t)c->room_size;
    send_number(e, c, e->first_number + at);
}

static int all_there(const engine_t *e, int acks) {
    return e->once >= e->expected && (!acks || e->acknowledged + e->declined >= e->sent);
}

/* Send message i at `at_ns[i]` (from now, ascending) on connection `by[i]`, with number first_number + i. Then read
 * on until all deliveries and, with `acks`, answers came, for `grace_ns` at most; or until every
 * connection has ended. With *stop at 1 it sends no more, at 2 it ends. Gives 0, or -1 where it could not: no memory, or a sender without a frame. */
int32_t engine_run(engine_t *e, int64_t first_number, int64_t count, const int64_t *at_ns, const int32_t *by,
                   int64_t length_ns, int64_t grace_ns, int32_t acks, int32_t *stop) {
    if (begin(e, first_number, count, by)) return -1;
    uint64_t cpu = thread_ns();
    int64_t start = now_ns(), next = 0;
    int failed = 0;
    while (!failed) {
        int64_t now = now_ns();
        if (e->conn_count && e->closed == (uint64_t)e->conn_count) break; /* nobody is left */
        int asked = __atomic_load_n(stop, __ATOMIC_RELAXED);
        if (asked > 1) break;
        if (asked) {
            count = next;
            if (length_ns > now - start) length_ns = now - start;
        }
        for (; next < count && start + at_ns[next] <= now; next++) send_due(e, next, start + at_ns[next]);
        int64_t left = start + length_ns - now;
        if (next < count)
            failed = turn(e, start + at_ns[next] - now_ns());
        else if (left > 0)
            failed = turn(e, left);
        else if (left < -grace_ns || all_there(e, acks))
            break;
        else
            failed = turn(e, 10000000);
    }
    e->took_ns = (uint64_t)(now_ns() - start);
    e->cpu_ns = thread_ns() - cpu;
    e->last_delivery_ns = e->last_delivery_ns ? e->last_delivery_ns - (uint64_t)start : 0;
    return failed || e->no_memory ? -1 : 0;
}

/* --- what is read afterwards -------------------------------------------------------------------- */

uint64_t engine_head_bytes(void) { return offsetof(engine_t, conn_count); }

/* For each message: deliveries, readers who had it, its status, and the time from when it was due until its last
 * reader had it, in ns; 0 where nobody had. */
void engine_messages(const engine_t *e, uint32_t *received, uint32_t *once, int32_t *status, int64_t *last) {
    for (int64_t i = 0; i < e->message_count; i++) {
        const message_t *m = &e->messages[i];
        received[i] = m->received, once[i] = m->once, status[i] = m->status;
        last[i] = m->last_ns ? m->last_ns - m->due_ns : 0;
    }
}

void engine_conn(const engine_t *e, int32_t at, uint64_t *received, uint64_t *order, uint64_t *dated,
                 int32_t *closed) {
    *received = e->conns[at].received;
    *dated = e->conns[at].dated;
    *order = e->conns[at].order;
    *closed = e->conns[at].closed;
}
