"""`make bench`: real-time servers side by side, driven by the same load on the same machine.

No other package may import this one. It sees every server from outside, as its clients do: by its address and its
process. What it shares with the tests is how processes are started and ended (tests/support).

    peers/      the other servers, each as its own documentation would have it, and what they need installed
    systems/    what can be measured: how each server is started, pinned to processors, and ended
    dialects/   how a client enters a room of each server, and the bytes of a message
    processes   what a process has cost: processor time and memory
"""
