/* Ages: how old the data was that came, and how old on average what a reader had in hand. */
#ifndef LOADTEST_AGES_H
#define LOADTEST_AGES_H

#include "state.h"

#define STAMP_DIGITS 13 /* milliseconds since 1970, until the year 2286 */

static int64_t milliseconds(const uint8_t *text, int64_t size) {
    int64_t value = 0;
    if (size < STAMP_DIGITS) return -1;
    for (int i = 0; i < STAMP_DIGITS; i++) {
        if (text[i] < '0' || text[i] > '9') return -1;
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

/* Between two arrivals the first one's data grows older; half way it has its mean age. In µs, and as a double: what
 * ten thousand readers sum up in an hour is beyond 64 bits of ns². */
static void in_hand(engine_t *e, const conn_t *c, int64_t now) {
    double span = (double)(now - c->stamped_ns) / 1e3, middle = (double)(now + c->stamped_ns) / 2e3;
    e->held_us += span;
    e->held_area += span * (middle - (double)c->stamp_ns / 1e3);
}

/* Whether the payload says when its data was made; then that is counted. */
static int dated(engine_t *e, conn_t *c, const uint8_t *payload, int64_t size) {
    const uint8_t *mark = e->stamp_size ? memmem(payload, (size_t)size, e->stamp, e->stamp_size) : NULL;
    if (!mark) return 0;
    const uint8_t *text = mark + e->stamp_size;
    int64_t stamp = milliseconds(text, size - (text - payload)) * 1000000;
    if (stamp < 0) return 0;
    int64_t now = wall_ns();
    note(e->ages, now - stamp);
    if (c->stamped_ns) in_hand(e, c, now);
    c->stamp_ns = stamp, c->stamped_ns = now;
    c->dated++;
    return 1;
}

#endif
