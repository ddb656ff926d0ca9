//go:build race

package filter

// raced: package regexp pools its machines, and the race detector drops pooled
// values at random, so that allocations cannot be counted.
const raced = true
