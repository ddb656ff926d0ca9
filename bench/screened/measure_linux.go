package main

import (
	"fmt"
	"slices"
	"time"
)

// rest measures the processor time of a program that nobody touches.
func rest(p *program, seconds int) (s sample, err error) {
	before, err := p.processorTime()
	if err != nil {
		return s, err
	}
	begin := time.Now()
	time.Sleep(time.Duration(seconds) * time.Second)
	after, err := p.processorTime()
	if err != nil {
		return s, err
	}
	s.CPU = after - before
	s.Wall = time.Duration(float64(s.CPU) / time.Since(begin).Seconds()) // of each second
	s.RSS, err = p.memory("VmHWM")
	return s, err
}

// keys measures the time from a key to what the terminal is sent for it: the cursor goes
// down and up. A key is typed when nothing was drawn for a moment, and at another part of
// the time between two passes each.
func keys(p *program, n int) (s sample, err error) {
	const still, patience = 20 * time.Millisecond, time.Minute
	var times []time.Duration
	for i := range n {
		time.Sleep(time.Duration(i%7) * 10 * time.Millisecond)
		for drawn := true; drawn; {
			select {
			case <-p.draws:
			case <-time.After(still):
				drawn = false
			}
		}
		begin := time.Now()
		if _, err := p.terminal.WriteString("jjjkkk"[i%6 : i%6+1]); err != nil {
			return s, err
		}
		select {
		case at := <-p.draws:
			times = append(times, at.Sub(begin))
		case err := <-p.ended:
			p.ended <- err
			return s, fmt.Errorf("it ended: %v", err)
		case <-time.After(patience):
			return s, fmt.Errorf("nothing was drawn for a key in %v", patience)
		}
	}
	slices.Sort(times)
	fmt.Printf("min %v, median %v, max %v\n", times[0], times[n/2], times[n-1])
	s.Wall = times[n/2]
	if s.CPU, err = p.processorTime(); err != nil {
		return s, err
	}
	s.RSS, err = p.memory("VmHWM")
	return s, err
}
