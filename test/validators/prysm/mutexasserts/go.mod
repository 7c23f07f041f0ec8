module github.com/trailofbits/go-mutexasserts

go 1.23
