"""`make bench`: Chorus and other real-time servers side by side, under the same load, in the same run.

No other package may import this one. It sees every server from outside, as its clients do: by its address and its
process (probes/ looks inside, board/ runs there). The load is made by loadtest/; how processes are started and ended is
shared with the tests (tests/support). Its page is docs/how-to/benchmark.md.

    peers/      the other servers, each as its own documentation would have it, and what they need installed
    systems/    what can be measured: how each server is started, pinned to processors, and ended
    dialects/   how a client enters a room of each peer, and the bytes of a message
    stage/      where a system is measured: processors, databases, a crowd inside, a load and what came of it
    cases/      what is measured, each case a module described by data
    board/      a dashboard to be watched, which Chorus is given for that
    probes/     programs that look at Chorus from inside
    report/     lines, tables, a page and a picture of what was found
    results/    the last whole run

    case        a case as data, its figures and targets
    sample      what one measurement found; medians and slopes of several
    ladder      the search for the highest rate
    rounds      every case on every system, again and again
    results     a run as a whole, kept as JSON
    machine     what it was made on
    processes   what a process has cost: processor time and memory
"""
