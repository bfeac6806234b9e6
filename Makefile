# The build. scripts/setup installs the packages that it needs.

PREFIX  ?= /usr/local
DESTDIR ?=
SWIFT   ?= swift

sources = Sources Tests Plugins Package.swift Benchmarks/Sources Benchmarks/Package.swift

# Each step needs the step before it.
.NOTPARALLEL:
.PHONY: all clean fmt lint build test test-full model docs bench dist deb install uninstall

all: clean fmt lint build test dist

# Removes build products; the sources of the dependencies stay.
clean:
	rm -rf dist
	$(SWIFT) package clean

fmt:
	$(SWIFT) format -i -p -r $(sources)

lint:
	$(SWIFT) format lint --strict -p -r $(sources)
	scripts/lint-arrows
	scripts/modules --check
	scripts/mutations --check

build:
	$(SWIFT) build --build-tests --explicit-target-dependency-import-check error

# On a throwaway Ceph cluster.
test:
	scripts/cluster run -- $(SWIFT) test --disable-xctest

# Also without librados, with the long variants, the mutations and the package on Debian 12 and 13.
test-full:
	scripts/test --long

# Enumerates the orders of docs/safety.md; fails if a result is not the expected one.
model:
	cd docs/model && for name in collection dirs listing moves moves2 replace cache look; do echo "# $$name"; python3 -B $$name.py; done \
		| tee /dev/stderr | sed -nE 's/ *states=.*-> / -> /p; /^#/p' | diff expected -

# Builds the documentation of the library, an archive for each module: .build/plugins/Swift-DocC/outputs
docs:
	$(SWIFT) package generate-documentation --warnings-as-errors \
		$(patsubst Sources/AdminCore/%,--target %,$(wildcard Sources/AdminCore/*))

# Compares the storage driver with a raw librados program. No test runs this.
bench:
	scripts/bench

# The program as operators install it: stripped, and without Swift's shared libraries.
dist:
	scripts/dist

deb:
	scripts/dist --deb

install:
	test -x dist/regtop || $(MAKE) dist
	install -d $(DESTDIR)$(PREFIX)/bin
	install -m 755 dist/regtop $(DESTDIR)$(PREFIX)/bin/regtop

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/regtop
