"""All benchmarks, one after the other: `make bench`."""

from benchmarks import engines, hooks, http_load, kills, reviewing, store

engines.main()
http_load.main()
hooks.main()
reviewing.main()
store.main()
kills.main()
