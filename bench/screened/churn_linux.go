package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"
)

// held is what a program holds.
type held struct {
	memory  int64 // RssAnon, KiB
	files   int
	threads int64
}

func (p *program) held() (h held, err error) {
	var errs [3]error
	h.memory, errs[0] = p.memory("RssAnon")
	h.files, errs[1] = p.files()
	h.threads, errs[2] = p.memory("Threads")
	return h, errors.Join(errs[:]...)
}

// churn holds what the program has after a tenth of the time against what it has at the
// end, while connections come and go.
func churn(p *program, seconds int) (s sample, err error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	failed := make(chan error, 1)
	go func() { failed <- comeAndGo(ctx) }()
	tenth := time.Duration(seconds) * time.Second / 10
	var first, last held
	for i := range 10 {
		select {
		case err := <-failed:
			return s, err
		case err := <-p.ended:
			p.ended <- err
			return s, fmt.Errorf("it ended: %v", err)
		case <-time.After(tenth):
		}
		if last, err = p.held(); err != nil {
			return s, err
		}
		if i == 0 {
			first = last
		}
		fmt.Printf("after %v: %d KiB, %d descriptors, %d threads\n", time.Duration(i+1)*tenth, last.memory, last.files, last.threads)
	}
	// A pass may be under way, which has a few descriptors open.
	if last.memory > first.memory*5/4+4<<10 || last.files > first.files+10 || last.threads > first.threads+10 {
		return s, errors.New("it holds more and more")
	}
	s.Wall = time.Duration(seconds) * time.Second
	if s.CPU, err = p.processorTime(); err != nil {
		return s, err
	}
	s.RSS, err = p.memory("VmHWM")
	return s, err
}

const (
	standing = 500                   // connections at a time
	turnover = 20 * time.Millisecond // and how often ten of them are new
)

// comeAndGo keeps some connections, ten of which are replaced again and again by new
// ones: 500 a second. Each is reset at its end, so that none waits in TIME_WAIT.
func comeAndGo(ctx context.Context) error {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer l.Close()
	var ends []net.Conn
	defer func() {
		for _, c := range ends {
			c.Close()
		}
	}()
	tick := time.NewTicker(turnover)
	defer tick.Stop()
	for {
		for range 10 {
			client, err := net.Dial("tcp4", l.Addr().String())
			if err != nil {
				return err
			}
			ends = append(ends, client)
			server, err := l.Accept()
			if err != nil {
				return err
			}
			ends = append(ends, server)
			if err := client.(*net.TCPConn).SetLinger(0); err != nil {
				return err
			}
		}
		for len(ends) > 2*standing {
			ends[0].Close() // first the end that resets
			ends[1].Close()
			ends = ends[2:]
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
