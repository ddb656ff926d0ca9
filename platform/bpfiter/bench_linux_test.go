package bpfiter

import (
	"context"
	"testing"

	"sockeye/internal/test/population"
	"sockeye/procnet"
)

// The populations that searches are compared over. One large process has 15,000
// sockets; 500 small ones have 100 descriptors each, of which 10 are sockets;
// idle ones have none.
var crowds = map[string]func() (*population.Set, error){
	"large": func() (*population.Set, error) { return population.Mass(7500, false) },
	"small": func() (*population.Set, error) { return population.Crowd(500, 100, 10) },
	"idle":  func() (*population.Set, error) { return population.Crowd(1000, 0, 0) },
}

// benchmark runs a search over each population. last is the last socket of the
// search through every process, or 0.
func benchmark(b *testing.B, search func(f *Finder, last uint64) error) {
	if !population.Inside() {
		population.Skip(b, "needs CAP_SYS_ADMIN for namespaces of its own")
	}
	if err := population.Enter(); err != nil {
		b.Fatal(err)
	}
	for _, name := range []string{"large", "small", "idle"} {
		set, err := crowds[name]()
		if err != nil {
			b.Fatal(err)
		}
		f := open1(b)
		last := uint64(1)
		ix, err := f.Find(context.Background(), Query{})
		if err != nil {
			b.Fatal(err)
		}
		if ix.Len() > 0 {
			last = ix.Entries[ix.Len()-1].Inode
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := search(f, last); err != nil {
					b.Fatal(err)
				}
			}
		})
		if err := set.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkAll finds the owners of all sockets.
func BenchmarkAll(b *testing.B) {
	benchmark(b, func(f *Finder, _ uint64) error {
		_, err := f.Find(context.Background(), Query{})
		return err
	})
}

// BenchmarkAllWithStart is what a program pays that lists once.
func BenchmarkAllWithStart(b *testing.B) {
	benchmark(b, func(*Finder, uint64) error {
		f, err := Open("/proc")
		if err != nil {
			return err
		}
		defer f.Close()
		_, err = f.Find(context.Background(), Query{})
		return err
	})
}

// BenchmarkAllInProc is the search through /proc.
func BenchmarkAllInProc(b *testing.B) {
	benchmark(b, func(*Finder, uint64) error {
		_, err := procnet.At("/proc").Owners(context.Background(), procnet.OwnerQuery{})
		return err
	})
}

// BenchmarkOne finds every owner of the newest socket.
func BenchmarkOne(b *testing.B) {
	benchmark(b, func(f *Finder, last uint64) error {
		_, err := f.Find(context.Background(), Query{Want: []uint64{last}})
		return err
	})
}

// BenchmarkOneInProc is the same search through /proc.
func BenchmarkOneInProc(b *testing.B) {
	benchmark(b, func(_ *Finder, last uint64) error {
		_, err := procnet.At("/proc").Owners(context.Background(), procnet.OwnerQuery{Want: []uint64{last}})
		return err
	})
}

// BenchmarkOpen is the start.
func BenchmarkOpen(b *testing.B) {
	for b.Loop() {
		f, err := Open("/proc")
		if err != nil {
			population.Skip(b, err.Error())
		}
		f.Close()
	}
}

// BenchmarkLayout is the part of the start that reads the kernel's types.
func BenchmarkLayout(b *testing.B) {
	data, release, err := host{}.mapBTF()
	if err != nil {
		population.Skip(b, err.Error())
	}
	defer release()
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := findLayout(data); err != nil {
			b.Fatal(err)
		}
	}
}
