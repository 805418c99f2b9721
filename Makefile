# make test    everything; installs what it needs with apt when it may
# make check   the fast subset before each commit
# make bench   speed goals as ratios to baselines of the same run
# make soak    hundreds of faults at three replicas
# make build   the binary ./evenkeel, without cgo

export CGO_ENABLED = 0
STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOVULNCHECK = golang.org/x/vuln/cmd/govulncheck@v1.9.0

.PHONY: build check test lint needs fuzz soak bench clean

build:
	go build -trimpath -ldflags="-s -w" -o evenkeel .

check:
	go vet ./...
	go test -short ./internal/... ./client/... ./test

needs:
	@sh scripts/needs.sh

lint:
	go vet ./...
	go run $(STATICCHECK) ./...
	@sh scripts/vulncheck.sh $(GOVULNCHECK)

# The race detector makes SQLite 8 to 30 times slower and needs cgo, so it runs
# on the packages whose own code is concurrent and small.
race:
	CGO_ENABLED=1 go test -race -timeout 15m ./internal/job/... ./internal/live/... ./internal/web/... ./internal/evidence/... ./internal/oncall ./internal/watchdog

test: needs lint
	go test -timeout 40m ./...
	$(MAKE) race

fuzz:
	@sh scripts/fuzz.sh

# Two hundred faults at three replicas, an hour at most; make test does twenty.
soak:
	EVENKEEL_FAULTS=200 go test -count=1 -timeout 60m -v -run TestPagesReachPeople ./test/fault

bench:
	go run ./bench

clean:
	rm -f evenkeel
