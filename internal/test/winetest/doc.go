// Package winetest runs Windows programs in tests on Linux: under Wine, in a
// private prefix and a private network namespace, so that nothing of the host
// or of the user's own Wine is seen or touched.
//
// Go programs need ProcessPrng of bcryptprimitives.dll, which older versions
// of Wine do not have. A stand-in is built with mingw from testdata.
//
// Making a prefix takes some 20 seconds and 700 MB; a package does well to make
// one [Rig] and to run its tests as subtests over it.
package winetest
