package main

import (
	"errors"

	"sockeye/internal/test/population"
)

// populations make what the rows are measured over, by name. The argument is
// the number of sockets of -sockets.
var populations = map[string]func(sockets int) (*population.Set, error){
	// mass is few processes with very many connections.
	"mass": func(sockets int) (*population.Set, error) { return population.Mass(sockets/2, false) },
	// idle is 2,000 processes without a socket.
	"idle": func(int) (*population.Set, error) { return population.Crowd(2000, 0, 0) },
	// spaces is 50 network namespaces with names and 20 listeners each; crowded is the
	// same beside 2,000 processes.
	"spaces": func(int) (*population.Set, error) { return population.Namespaces(benchSpaces, 20) },
	"crowded": func(int) (*population.Set, error) {
		return together(
			func() (*population.Set, error) { return population.Namespaces(benchSpaces, 20) },
			func() (*population.Set, error) { return population.Crowd(2000, 0, 0) },
		)
	},
	// quiet is a small machine: 50 processes, 850 files, 100 listeners.
	"quiet": func(int) (*population.Set, error) { return population.Crowd(50, 17, 2) },
	// few is hardly anything: the rows that use it make connections of their own.
	"few": func(int) (*population.Set, error) { return population.Crowd(1, 5, 1) },
	// files is 500 processes with 100 files each, of which 10 are sockets.
	"files": func(int) (*population.Set, error) { return population.Crowd(500, 100, 10) },
	// mixed is a tenth of the connections, beside 200 processes with 100 files
	// each and 500 idle ones.
	"mixed": func(sockets int) (*population.Set, error) {
		return together(
			func() (*population.Set, error) { return population.Mass(max(1, sockets/20), false) },
			func() (*population.Set, error) { return population.Crowd(200, 100, 10) },
			func() (*population.Set, error) { return population.Crowd(500, 0, 0) },
		)
	},
}

func init() {
	for _, name := range append([]string{"screen 2,000", "screen 20,000"}, growing...) {
		populations[name] = populations["mass"]
	}
}

// together makes several populations that end as one.
func together(fills ...func() (*population.Set, error)) (*population.Set, error) {
	all := &population.Set{}
	for _, fill := range fills {
		set, err := fill()
		if err != nil {
			return nil, errors.Join(err, all.Close())
		}
		all.Add(set)
	}
	return all, nil
}
