package main

import (
	"slices"
	"strings"
)

// row is a piece of work that two commands do.
type row struct {
	// Sockets, if not 0, is the number of sockets of the population, in place of
	// -sockets.
	Sockets int
	// Name says what the work is, and selects the row with -rows.
	Name string
	// Population is the name of the population that it is done over.
	Population string
	// Ours and Peer are commands. In each word "{port}" and "{lastport}"
	// stand for the ports of two listeners that every population has.
	Ours, Peer []string
	// Budget is the most that our median time may be of the peer's; 0 is none.
	Budget float64
	// Most is the most milliseconds that our median may take, whatever the peer takes:
	// such a row is measured without the peer where that is not there. 0 is none.
	Most float64
	// Starts is a program that the peer starts, which must be installed.
	Starts string
	// More is what the budget allows beside that, in milliseconds.
	More float64
	// MaxRSS is the most memory that ours may take, in KiB; 0 is none.
	MaxRSS int64
	// PerSocket is how many bytes each socket adds to MaxRSS.
	PerSocket int
	// MinLines is the least number of lines that each must print for each socket
	// of the population that -sockets counts: a listing that lost its rows is
	// fast. With 0 each must print something.
	MinLines float64
}

// benchSpaces is how many network namespaces the populations of several have. One may
// take a millisecond.
const benchSpaces = 50

// loopOverNamespaces is what people do who have ss alone.
var loopOverNamespaces = []string{"sh", "-c", "for name in /run/netns/*; do ss -N ${name##*/} -tlnp; done"}

// flatRSS is the memory budget of a stream without owners, in KiB.
const flatRSS = 32 << 10

// summaryRSS is the memory budget of a summary, in KiB.
const summaryRSS = 16 << 10

// screenRSS is the memory budget of the full-screen view, in KiB.
const screenRSS = 64 << 10

// perOwned is the memory budget of each socket file in a stream with owners, and
// perJoined that of each connection whose other end is looked for, in bytes.
const (
	perOwned  = 64
	perJoined = 64
)

// rows are the work of section "Budgets" of the design, in the order of the
// table, beside each of the peers that does it.
var rows = append([]row{
	{
		Name: "every TCP socket, no owners", Population: "mass", Budget: 0.5, MaxRSS: flatRSS, MinLines: 1,
		Ours: words("sockeye -tan --no-processes"), Peer: words("ss -tan"),
	},
	{
		// An ss before 6.8 asks for no bound sockets, which the kernel looks
		// for among all that have a port: the same work as its, and no more.
		Name: "every TCP socket but bound ones, no owners", Population: "mass", Budget: 0.5, MaxRSS: flatRSS, MinLines: 1,
		Ours: words("sockeye -t --no-processes state all exclude bound"), Peer: words("ss -tan"),
	},
	{
		Name: "every TCP socket, no owners, netstat", Population: "mass", MinLines: 1,
		Ours: words("sockeye -tan --no-processes"), Peer: words("netstat -tan"),
	},
	{
		Name: "every TCP socket, with owners", Population: "mass", Budget: 0.1, MaxRSS: flatRSS, PerSocket: perOwned, MinLines: 1,
		Ours: words("sockeye -tanp --owners bpf"), Peer: words("ss -tanp"),
	},
	{
		Name: "every TCP socket, with owners, /proc alone", Population: "mass", Budget: 0.25, MaxRSS: flatRSS, PerSocket: perOwned, MinLines: 1,
		Ours: words("sockeye -tanp --owners proc"), Peer: words("ss -tanp"),
	},
	{
		Name: "every TCP socket, with the processes at both ends, against owners alone", Population: "mass", Budget: 1.5, MaxRSS: flatRSS, PerSocket: perOwned + perJoined, MinLines: 1,
		Ours: words("sockeye -tan -C protocol,state,recv_queue,send_queue,local,remote,pid,process,peer_process"), Peer: words("sockeye -tanp"),
	},
	{
		Name: "every TCP socket, with owners, netstat", Population: "mass", MinLines: 1,
		Ours: words("sockeye -tanp"), Peer: words("netstat -tanp"),
	},
	{
		Name: "every TCP socket, with owners, lsof", Population: "mass", MinLines: 1,
		Ours: words("sockeye -tanp"), Peer: words("lsof -nP -iTCP"),
	},
	{
		Name: "every TCP socket, with owners, gopsutil", Population: "mass", MinLines: 1,
		Ours: words("sockeye -tanp"), Peer: words("gopsutil tcp"),
	},
	{
		Name: "listeners beside the connections", Population: "mass", Budget: 0.3, MaxRSS: flatRSS,
		Ours: words("sockeye -tln --no-processes"), Peer: words("ss -tln"),
	},
	{
		Name: "who owns a port, among the connections", Population: "mass", Budget: 0.08,
		Ours: words("sockeye port {port}"), Peer: words("ss -ltnp sport = :{port}"),
	},
	{
		Name: "who owns a port, among the connections, lsof", Population: "mass",
		Ours: words("sockeye port {port}"), Peer: words("lsof -nP -iTCP:{port}"),
	},
	{
		Name: "who owns a port, among the connections, looked at last", Population: "mass", Budget: 0.08,
		Ours: words("sockeye port {lastport}"), Peer: words("ss -ltnp sport = :{lastport}"),
	},
	{
		Name: "few of the connections, by address, against ss", Population: "mass", Budget: 1, MaxRSS: flatRSS,
		Ours: words("sockeye -tan --no-processes dst 127.0.0.0/24"), Peer: words("ss -tan dst 127.0.0.0/24"),
	},
	{
		Name: "few of the connections, by address, against all of them", Population: "mass", Budget: 0.3, MaxRSS: flatRSS,
		Ours: words("sockeye -tan --no-processes dst 127.0.0.0/24"), Peer: words("sockeye -tan --no-processes"),
	},
	{
		Name: "few of the connections, by port, against ss", Population: "mass", Budget: 1, MaxRSS: flatRSS,
		Ours: words("sockeye -tan --no-processes dport = :{port}"), Peer: words("ss -tan dport = :{port}"),
	},
	{
		Name: "few of the connections, by port, against all of them", Population: "mass", Budget: 0.3, MaxRSS: flatRSS,
		Ours: words("sockeye -tan --no-processes dport = :{port}"), Peer: words("sockeye -tan --no-processes"),
	},
	{
		Name: "NDJSON against the own table", Population: "mass", Budget: 2, MaxRSS: flatRSS, MinLines: 1,
		Ours: words("sockeye -tan --no-processes --ndjson"), Peer: words("sockeye -tan --no-processes"),
	},
	{
		Name: "summary against the listing, no owners", Population: "mass", Budget: 1, MaxRSS: summaryRSS,
		Ours: words("sockeye -s"), Peer: words("sockeye -a -A all --no-processes"),
	},
	{
		Name: "doctor, beyond its sample, against the listing with owners", Population: "mass", Budget: 2,
		Ours: words("sockeye doctor --sample 0.001 --set process_files.percent=100"), Peer: words("sockeye -tuap"),
	},
	{
		Name: "who owns a port, among 2,000 processes", Population: "idle", Budget: 0.25,
		Ours: words("sockeye port {port}"), Peer: words("ss -ltnp sport = :{port}"),
	},
	{
		Name: "who owns a port, among 2,000 processes, looked at last", Population: "idle", Budget: 0.25,
		Ours: words("sockeye port {lastport}"), Peer: words("ss -ltnp sport = :{lastport}"),
	},
	{
		Name: "who owns a port, among 2,000 processes, /proc alone", Population: "idle",
		Ours: words("sockeye port {port} --owners proc"), Peer: words("ss -ltnp sport = :{port}"),
	},
	{
		Name: "listeners with owners, quiet machine", Population: "quiet", Budget: 1,
		Ours: words("sockeye -tulpn"), Peer: words("ss -tulpn"),
	},
	{
		Name: "listeners with owners, quiet machine, /proc alone", Population: "quiet",
		Ours: words("sockeye -tulpn --owners proc"), Peer: words("ss -tulpn"),
	},
	{
		Name: "listeners with owners, quiet machine, netstat", Population: "quiet",
		Ours: words("sockeye -tulpn"), Peer: words("netstat -tulpn"),
	},
	{
		Name: "listeners with owners, 500 processes of 100 files", Population: "files",
		Ours: words("sockeye -tulpn"), Peer: words("ss -tulpn"),
	},
	{
		Name: "listeners with owners, 500 processes of 100 files, /proc alone", Population: "files",
		Ours: words("sockeye -tulpn --owners proc"), Peer: words("ss -tulpn"),
	},
	{
		Name: "listeners with owners, 50 namespaces, against a loop over ss -N", Population: "spaces", Budget: 0.2, MinLines: 0.01,
		Ours: words("sockeye --all-netns -tlnp"), Peer: loopOverNamespaces,
	},
	{
		Name: "listeners with owners, 50 namespaces, /proc alone", Population: "spaces", MinLines: 0.01,
		Ours: words("sockeye --all-netns -tlnp --owners proc"), Peer: loopOverNamespaces,
	},
	{
		Name: "listeners with owners, 50 namespaces and 2,000 processes, against one namespace", Population: "crowded", Budget: 3, More: benchSpaces,
		Ours: words("sockeye --all-netns -tlnp"), Peer: words("sockeye -tlnp"),
	},
	{
		Name: "every TCP socket with owners, mixed machine", Population: "mixed",
		Ours: words("sockeye -tanp"), Peer: words("ss -tanp"),
	},
	{
		Name: "every TCP socket with owners, mixed machine, /proc alone", Population: "mixed",
		Ours: words("sockeye -tanp --owners proc"), Peer: words("ss -tanp"),
	},
	{
		Name: "20,000 connections while their changes are counted", Population: "few", Budget: 1 / 0.85,
		Ours: words("traced 20000 count"), Peer: words("traced 20000"),
	},
	{
		Name: "20,000 connections while their changes are printed", Population: "few", Budget: 1 / 0.7,
		Ours: words("traced 20000 sockeye trace"), Peer: words("traced 20000"),
	},
	{
		Name: "20,000 connections while their changes are printed, tcpstates", Population: "few",
		Ours: words("traced 20000 sockeye trace"), Peer: words("traced 20000 tcpstates"), Starts: "tcpstates",
	},
	{
		Name: "20,000 connections while their ends are printed, tcplife", Population: "few",
		Ours: words("traced 20000 sockeye trace --lifetimes"), Peer: words("traced 20000 tcplife"), Starts: "tcplife",
	},
	{
		Name: "top at rest over 2,000 connections, processor time of a second", Population: "screen 2,000", Sockets: 4_000, Most: 50, MaxRSS: screenRSS,
		Ours: words("screened rest 10 sockeye top"), Peer: words("screened rest 10 snitch"), Starts: "snitch",
	},
	{
		Name: "top over 2,000 connections, from a key to the screen", Population: "screen 2,000", Sockets: 4_000, Most: 50, MaxRSS: screenRSS,
		Ours: words("screened keys 50 sockeye top"), Peer: words("screened keys 50 snitch"), Starts: "snitch",
	},
	{
		Name: "top at rest over 20,000 connections, processor time of a second", Population: "screen 20,000", Sockets: 40_000, MaxRSS: screenRSS,
		Ours: words("screened rest 10 sockeye top"), Peer: words("screened rest 10 snitch"), Starts: "snitch",
	},
	{
		Name: "top over 20,000 connections, from a key to the screen", Population: "screen 20,000", Sockets: 40_000, Most: 50, MaxRSS: screenRSS,
		Ours: words("screened keys 50 sockeye top"), Peer: words("screened keys 5 snitch"), Starts: "snitch",
	},
}, growthRows()...)

func words(s string) []string { return strings.Fields(s) }

// selectRows returns the rows whose name contains one of the comma-separated
// texts; every row if there is none.
func selectRows(all []row, texts string) []row {
	if texts == "" {
		return all
	}
	var selected []row
	for _, r := range all {
		if slices.ContainsFunc(strings.Split(texts, ","), func(s string) bool { return strings.Contains(r.Name, s) }) {
			selected = append(selected, r)
		}
	}
	return selected
}

// populationsOf returns the populations that the rows need, each once.
func populationsOf(rows []row) []string {
	var names []string
	for _, r := range rows {
		if !slices.Contains(names, r.Population) {
			names = append(names, r.Population)
		}
	}
	return names
}

// ports are those of the two listeners that rows look for. A search goes through
// processes in the order of their numbers, so it matters whose a listener is.
type ports struct {
	first string // held by the process that makes the population
	last  string // held by a process that began after it
}

// expand returns the command with the ports put in.
func expand(command []string, p ports) []string {
	expanded := make([]string, len(command))
	put := strings.NewReplacer("{port}", p.first, "{lastport}", p.last)
	for i, word := range command {
		expanded[i] = put.Replace(word)
	}
	return expanded
}
