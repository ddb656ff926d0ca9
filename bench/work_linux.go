package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"

	"sockeye/internal/test/population"
)

// jobEnv holds the path of the job of the process inside the namespaces.
const jobEnv = "SOCKEYE_BENCH_JOB"

// job is what the process inside the namespaces does: the rows of one
// population. It writes the outcome over the file that held the job.
type job struct {
	Population    string
	Rows          []row
	Sockets, Runs int
	Binaries      map[string]string // of what the rows call by a name of ours
	Profiles      profiles
}

type outcome struct {
	Results  []result
	FloorKiB int64
}

// runJob has a job done in new namespaces.
func runJob(j job, path string) (*outcome, error) {
	encoded, err := json.Marshal(j)
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(path, encoded, 0o600); err != nil {
		return nil, err
	}
	status, err := population.Isolate(jobEnv + "=" + path)
	if err != nil {
		return nil, err
	}
	if status != 0 {
		return nil, fmt.Errorf("ended with status %d", status)
	}
	encoded, err = os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var done outcome
	return &done, json.Unmarshal(encoded, &done)
}

// work is the process inside the namespaces.
func work() error {
	path := os.Getenv(jobEnv)
	encoded, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var j job
	if err := json.Unmarshal(encoded, &j); err != nil {
		return err
	}
	if err := population.Enter(); err != nil {
		return err
	}
	done, err := j.do()
	if err != nil {
		return err
	}
	if encoded, err = json.Marshal(done); err != nil {
		return err
	}
	return os.WriteFile(path, encoded, 0o600)
}

// do makes the population and measures its rows.
func (j *job) do() (done *outcome, err error) {
	fill, ok := populations[j.Population]
	if !ok {
		return nil, fmt.Errorf("no population is named %q", j.Population)
	}
	// The listener that the rows about a port look for.
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	defer listener.Close()
	few, err := connectFew(listener)
	defer closeAll(few)
	if err != nil {
		return nil, err
	}
	set, err := fill(j.Sockets)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, set.Close()) }()
	last, stop, err := lastListener()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, stop()) }()
	m, err := startMeasurer()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, m.stop()) }()
	p := ports{first: strconv.Itoa(listener.Addr().(*net.TCPAddr).Port), last: last}
	done = &outcome{FloorKiB: m.floorKiB}
	for _, r := range j.Rows {
		if r.Population != j.Population {
			continue
		}
		fmt.Fprintf(os.Stderr, "bench: %s ...", r.Name)
		res, err := j.measure(m, r, p)
		if err != nil {
			fmt.Fprintln(os.Stderr)
			return nil, fmt.Errorf("%s: %w", r.Name, err)
		}
		switch ratio := res.ratio(); {
		case res.Skipped != "":
			fmt.Fprintf(os.Stderr, " %s\n", res.Skipped)
		case ratio == 0:
			fmt.Fprintln(os.Stderr, " without its peer")
		default:
			fmt.Fprintf(os.Stderr, " %.3f\n", ratio)
		}
		done.Results = append(done.Results, *res)
	}
	return done, nil
}

// fewConnections are those to the listener, among the many of a population.
const fewConnections = 10

// connectFew makes them; what it returns is to be closed in any case.
func connectFew(listener net.Listener) (conns []net.Conn, err error) {
	for range fewConnections {
		client, err := net.Dial("tcp4", listener.Addr().String())
		if err != nil {
			return conns, err
		}
		conns = append(conns, client)
		server, err := listener.Accept()
		if err != nil {
			return conns, err
		}
		conns = append(conns, server)
	}
	return conns, nil
}

func closeAll(conns []net.Conn) {
	for _, c := range conns {
		c.Close()
	}
}

// measure runs the two commands of a row in turns.
func (j *job) measure(m *measurer, r row, p ports) (*result, error) {
	res := &result{Row: r, Sockets: j.Sockets}
	ours, err := j.resolve(expand(r.Ours, p))
	if err != nil {
		return nil, err
	}
	peer, err := j.resolve(expand(r.Peer, p))
	if err == nil && r.Starts != "" {
		_, err = j.resolve([]string{r.Starts})
	}
	switch {
	case err == nil:
	case r.Most > 0:
		res.Alone, peer = err.Error(), nil
	default:
		res.Skipped = err.Error()
		return res, nil
	}
	least := int(r.MinLines * float64(j.Sockets))
	if res.OursLines, err = countLines(ours, least); err != nil {
		return nil, err
	}
	if peer != nil {
		if res.PeerLines, err = countLines(peer, least); err != nil {
			return nil, err
		}
	}
	for range j.Runs {
		s, err := m.measure(ours)
		if err != nil {
			return nil, err
		}
		res.Ours = append(res.Ours, s)
		if peer == nil {
			continue
		}
		if s, err = m.measure(peer); err != nil {
			return nil, err
		}
		res.Peer = append(res.Peer, s)
	}
	return res, j.profile(r, ours)
}

// resolve returns the command with the path of its program.
func (j *job) resolve(command []string) ([]string, error) {
	path, own := j.Binaries[command[0]]
	if !own {
		var err error
		if path, err = exec.LookPath(command[0]); err != nil {
			return nil, fmt.Errorf("%s is not installed", command[0])
		}
	}
	return append([]string{path}, command[1:]...), nil
}
