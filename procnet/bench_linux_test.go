package procnet

import (
	"testing"

	"sockeye/internal/test/population"
)

// benchmarkOwners searches a population for the owners of all its sockets.
func benchmarkOwners(b *testing.B, least int, q OwnerQuery, fill func() (*population.Set, error)) {
	if !population.Inside() {
		b.Skip("needs CAP_SYS_ADMIN for namespaces of its own")
	}
	if err := population.Enter(); err != nil {
		b.Fatal(err)
	}
	set, err := fill()
	if err != nil {
		b.Fatal(err)
	}
	defer set.Close()
	b.ReportAllocs()
	b.ResetTimer()
	for b.Loop() {
		if ix := search1(b, At("/proc"), q); ix.Len() < least {
			b.Fatalf("%d sockets, want %d", ix.Len(), least)
		}
	}
}

func oneLarge() (*population.Set, error)  { return population.Mass(7500, false) }
func manySmall() (*population.Set, error) { return population.Crowd(500, 20, 5) }

// BenchmarkOwnersLarge is one process with 15,000 sockets.
func BenchmarkOwnersLarge(b *testing.B) { benchmarkOwners(b, 15000, OwnerQuery{}, oneLarge) }
func BenchmarkOwnersLarge1(b *testing.B) {
	workers(b, 1)
	benchmarkOwners(b, 15000, OwnerQuery{}, oneLarge)
}

// BenchmarkOwnersSmall is 500 processes with 20 descriptors each.
func BenchmarkOwnersSmall(b *testing.B) { benchmarkOwners(b, 2500, OwnerQuery{}, manySmall) }
func BenchmarkOwnersSmall1(b *testing.B) {
	workers(b, 1)
	benchmarkOwners(b, 2500, OwnerQuery{}, manySmall)
}

func BenchmarkOwnersSmallThreads(b *testing.B) {
	benchmarkOwners(b, 2500, OwnerQuery{Threads: true}, manySmall)
}
