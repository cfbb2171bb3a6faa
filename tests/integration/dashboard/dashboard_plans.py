"""How PostgreSQL reads for the dashboards that come out of the database: python -m …dashboard_plans on a migrated one.

Fills it with many rows, and prints as JSON the plans of all queries of each source.
"""

from __future__ import annotations

import json

import django
from django.db import connection
from django.test.utils import CaptureQueriesContext

FILL = """
INSERT INTO accounts_user (username, password, is_superuser, is_staff, is_active, first_name, last_name, email,
                           date_joined, is_load_account)
  SELECT 'user-' || n, '', false, false, true, '', '', '', now(), false FROM generate_series(1, 200) n;
INSERT INTO chat_room (slug, name, topic, visibility, archived, read_only, slow_mode_s, epoch, last_seq, state_seq,
                       post_count, member_count, access_version, last_at, announced_version, created_at)
  SELECT 'room-' || n, 'Room', '', 'public', false, false, 0, 'epoch', 100000, 0, 100000, 50, 1, now(), 0, now()
  FROM generate_series(1, 100) n;
INSERT INTO chat_membership (room_id, user_id, role, status, last_read_no, muted_notifications, joined_at, changed_at,
                             muted_until)
  SELECT room.id, who.id, 'member', CASE WHEN (room.id * 7 + who.id) % 97 = 0 THEN 'banned' ELSE 'member' END, 0, false,
         now(), now(), CASE WHEN (room.id + who.id) % 101 = 0 THEN now() + interval '1 hour' END
  FROM chat_room room, accounts_user who;
INSERT INTO chat_message (room_id, author_id, seq, posted_seq, post_no, text, key, created_at, deleted_at)
  SELECT (SELECT min(id) FROM chat_room) + n % 100, (SELECT min(id) FROM accounts_user) + n % 200, 1 + n, 1 + n, 1 + n,
         CASE WHEN n % 50 > 0 THEN 'text' END, gen_random_uuid(), now() - (100000 - n) * interval '0.1 s',
         CASE WHEN n % 50 = 0 THEN now() - (100000 - n) * interval '0.1 s' END
  FROM generate_series(0, 99999) n;
INSERT INTO chat_report (message_id, reporter_id, reason, note, text, reported_at, verdict, closed_at)
  SELECT message.id, (SELECT max(id) FROM accounts_user), 'spam', '', CASE WHEN message.id % 1000 = 0 THEN 'text' END,
         now() - (100000 - message.seq) * interval '1 s',
         CASE WHEN message.id % 1000 = 0 THEN 'open' ELSE 'dismissed' END,
         CASE WHEN message.id % 1000 > 0 THEN now() END
  FROM chat_message message WHERE message.id % 5 = 0;
INSERT INTO chat_messagekey (room_id, author_id, key, seq, message_id, digest, created_at)
  SELECT room_id, author_id, key, seq, id, '', created_at FROM chat_message;
INSERT INTO django_admin_log (action_time, user_id, object_repr, action_flag, change_message)
  SELECT now() - (20000 - n) * interval '1 s', (SELECT min(id) FROM accounts_user), 'thing', 2, '[]'
  FROM generate_series(1, 20000) n;
INSERT INTO shop_order (placed_at, product, quantity, amount_cents, status)
  SELECT now() - (100000 - n) * interval '10 s', 'product-' || n % 7, 1, 100,
         CASE WHEN n > 99980 THEN 'placed' ELSE 'shipped' END
  FROM generate_series(1, 100000) n;
"""


def main() -> None:
    django.setup()
    from dashboard.source import all_sources

    sources = {source.name: source for source in all_sources()}
    with connection.cursor() as cursor:
        cursor.execute(FILL)
        cursor.execute("VACUUM ANALYZE")
        print(json.dumps({name: plans(cursor, sources[name]) for name in ("rooms", "moderation", "orders")}))  # noqa: T201


def plans(cursor, source) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        source.compute()
    found = []
    for query in captured.captured_queries:
        cursor.execute(f"EXPLAIN {query['sql']}")
        found.append("\n".join(row[0] for row in cursor.fetchall()))
    return found


if __name__ == "__main__":
    main()
