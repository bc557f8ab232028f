"""All benchmarks, one after the other: `make bench`."""

from benchmarks import engines, http_load

engines.main()
http_load.main()
