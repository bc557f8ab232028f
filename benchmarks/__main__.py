"""All benchmarks, one after the other: `make bench`."""

from benchmarks import engines, hooks, http_load

engines.main()
http_load.main()
hooks.main()
