"""An example of a business: orders of a small shop, and a live dashboard of them. Yours to look at, copy and delete.

Must not know sockets, topics or pages: a model, services and one class in dashboards.py are all there is to it.
Page: docs/how-to/add-a-dashboard.md.

    models.py      Order
    services.py    places, ships and cancels orders; the only writer of the table
    dashboards.py  what the dashboard `orders` shows
    admin.py       orders for staff
    demo.py        makes orders up; used by `manage.py orders` alone
"""

__all__ = ["apps", "dashboards", "models", "services"]
