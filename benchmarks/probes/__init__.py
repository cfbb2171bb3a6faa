"""Programs that look at Chorus from inside, as a process of their own beside it: what no client can see.

history    how PostgreSQL comes by a page of history
"""
