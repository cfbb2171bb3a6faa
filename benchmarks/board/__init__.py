"""An app with one dashboard, which Chorus is given while dashboards are measured. Must not know who measures.

dashboards   the source: twenty numbers and a table, new every second
settings     production, with this app
"""
