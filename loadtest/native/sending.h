/* Sending: a frame at once where the socket takes it, the rest when it does. */
#ifndef LOADTEST_SENDING_H
#define LOADTEST_SENDING_H

#include "state.h"

static void watch(engine_t *e, conn_t *c, uint32_t events) {
    struct epoll_event event = {.events = events, .data.u32 = (uint32_t)(c - e->conns)};
    epoll_ctl(e->epoll, EPOLL_CTL_MOD, c->fd, &event);
}

/* How many bytes went. A socket that takes none any more is left to the reader: its close code may still be unread. */
static size_t push(engine_t *e, conn_t *c, const uint8_t *data, size_t size) {
    ssize_t n = send(c->fd, data, size, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n >= 0) return (size_t)n;
    if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR && errno != ENOBUFS && errno != ENOMEM) {
        c->mute = 1;
        c->unsent.size = 0;
        watch(e, c, EPOLLIN);
    }
    return 0;
}

static void put(engine_t *e, conn_t *c, const uint8_t *data, size_t size) {
    if (c->closed || c->mute) return;
    size_t n = c->unsent.size ? 0 : push(e, c, data, size);
    if (c->mute) return;
    e->bytes_out += size;
    if (n == size) return;
    int idle = !c->unsent.size;
    if (!append(e, &c->unsent, data + n, size - n)) return ended(e, c, 0);
    if (idle) watch(e, c, EPOLLIN | EPOLLOUT);
}

static void put_rest(engine_t *e, conn_t *c) {
    if (!c->unsent.size) return watch(e, c, EPOLLIN);
    size_t n = push(e, c, c->unsent.data, c->unsent.size);
    if (!n) return;
    c->unsent.size -= n;
    memmove(c->unsent.data, c->unsent.data + n, c->unsent.size);
    if (!c->unsent.size) watch(e, c, EPOLLIN);
}

static void send_number(engine_t *e, conn_t *c, int64_t number) {
    for (uint32_t i = 0; i < c->offset_count; i++) {
        int64_t left = number;
        uint8_t *place = c->frame + c->offsets[i];
        for (int at = NUMBER_DIGITS - 1; at >= 0; at--, left /= 10) place[at] = (uint8_t)('0' + left % 10);
    }
    put(e, c, c->frame, c->frame_size);
}

#endif
