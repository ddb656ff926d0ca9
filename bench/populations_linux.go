package main

import "sockeye/internal/population"

// populations make what the rows are measured over, by name. The argument is
// the number of sockets of -sockets.
var populations = map[string]func(sockets int) (*population.Set, error){
	// mass is few processes with very many connections.
	"mass": func(sockets int) (*population.Set, error) { return population.Mass(sockets/2, false) },
	// idle is 2,000 processes without a socket.
	"idle": func(int) (*population.Set, error) { return population.Crowd(2000, 0, 0) },
	// quiet is a small machine: 50 processes, 850 files, 100 listeners.
	"quiet": func(int) (*population.Set, error) { return population.Crowd(50, 17, 2) },
	// files is 500 processes with 100 files each, of which 10 are sockets.
	"files": func(int) (*population.Set, error) { return population.Crowd(500, 100, 10) },
}
