"""The pages in real Chromium, against a real `serve` on SQLite: what people see and do, not how it is made.

conftest.py starts one browser and one populated site for all; windows.py is what a person does in a window.
"""
