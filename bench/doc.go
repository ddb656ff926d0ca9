// Command bench measures sockeye beside its peers, in the same run, over
// populations of sockets that it makes itself:
//
//	go run ./bench
//
// It needs Linux, root, and the peers. Each population stands in namespaces of
// its own, where nothing else runs. The commands of a row run in turns (ours,
// the peer's, ours, ...), so that what disturbs the machine disturbs both, with
// standard output and standard error to /dev/null. The wall time is that of the
// whole process, from fork to wait4(2), which also gives the processor time and
// the peak memory. The table goes into docs/benchmarks.md, between the markers.
//
// Beside ss, the peers are netstat, lsof, and a program that does with gopsutil
// what ours does (bench/gopsutil). What a trace costs is seen by the connections that are
// made meanwhile (bench/traced), beside libbpf's tcpstates and tcplife. What draws on a
// screen is measured on a terminal (bench/screened), beside snitch. Populations
// of 10,000 to 200,000 sockets show how the time grows. With -cpuprofile or
// -memprofile our command of each row is run again, built with the tag profile, and
// profiled:
//
//	go run ./bench -rows "no owners" -out "" -cpuprofile /tmp/profiles
//	go tool pprof -top /tmp/profiles/*.cpu
//
// A row of the table is an entry of rows in rows.go; a kind of population is an
// entry of populations in populations_linux.go.
package main
